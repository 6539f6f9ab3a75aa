#!/usr/bin/env bash
# make install puts everything where Debian would, make uninstall takes all of it away, and what names a version names this.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

# A make of its own, whatever make runs this test.
make_here() {
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$build" prefix=/usr DESTDIR="$folder/root" "$@" >out.make 2>&1 ||
        { failed "make $*" && cat out.make; }
}

# expect_file MODE FILE...: below /usr.
expect_file() {
    local mode=$1 file
    shift
    for file; do
        [ "$(stat -c %A "root/usr/$file" 2>/dev/null)" = "$mode" ] || failed "/usr/$file is not there, or not $mode"
    done
}

make_here install
expect_file -rwxr-xr-x bin/gdmpi share/doc/gdmpi/examples/scripts/{make-data,gdmpi.sbatch}
expect_file -rwxr-xr-x share/gdmpi/scripts/{plot,report}
expect_file -rw-r--r-- share/man/man1/gdmpi.1 share/bash-completion/completions/gdmpi \
    share/doc/gdmpi/{README.md,NEWS,LICENSE,CITATION.cff} share/doc/gdmpi/examples/configs/reference.ini
# An example runs from there, without the sources.
(cd root/usr/share/doc/gdmpi/examples && PATH=$folder/root/usr/bin:$PATH scripts/make-data iris "$folder/data/iris.h5") \
    >out.data || failed 'make-data of the examples'
gdmpi=$folder/root/usr/bin/gdmpi ranks 1 root/usr/share/doc/gdmpi/examples/configs/softmax.ini train.epochs=2
if command -v gnuplot >/dev/null; then
    for script in plot report; do
        root/usr/share/gdmpi/scripts/$script runs/softmax >out.script || failed "the installed $script"
    done
fi
make_here uninstall
[ -z "$(find root ! -type d)" ] || failed "left behind: $(find root ! -type d)"

for line in CITATION.cff:"version: $PACKAGE_VERSION" scripts/spack/package.py:"    version(\"$PACKAGE_VERSION\")"; do
    grep -qFx "${line#*:}" "$root/${line%%:*}" || failed "no line '${line#*:}' in ${line%%:*}"
done
grep -q "gdmpi-$PACKAGE_VERSION\.tar" "$root/scripts/spack/package.py" || failed 'package.py has another archive'
grep -q "^gdmpi $PACKAGE_VERSION " "$root/NEWS" || failed 'NEWS does not begin with this version'
finish
