# Finds or installs what gdmpi needs, builds it, and runs its tests. For scripts/quickstart and
# scripts/check, which source it in the project's folder after setting
#   install   yes, or no: never install anything
#   steps     how many steps they report
# shellcheck shell=bash

# A Debian package, and what shows that it or its like is there: a command, a header, one of some
# pkg-config modules, or a module of the Python that $PYTHON names.
requirements='
gcc                  command gcc
make                 command make
autoconf             command autoconf
automake             command automake
pkg-config           command pkg-config
libc6-dev            header stdlib.h
openmpi-bin          command mpirun
libopenmpi-dev       module ompi-c ompi
libopenblas-dev      module openblas
libhdf5-openmpi-dev  module hdf5 hdf5-openmpi hdf5-serial
libinih-dev          module inih
zlib1g-dev           module zlib
librandom123-dev     header Random123/philox.h
libcmocka-dev        module cmocka
'

# Open MPI refuses to run as root, as in a container, without these.
if [ "$(id -u)" = 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

step=1
: "${install:=yes}" "${steps:=3}"

say() {
    printf '[%d/%d] %s\n' "$step" "$steps" "$*"
}

# logged LOG COMMAND...: keeps the output in LOG; of a command that fails, shows the end.
logged() {
    local log=$1 status=0
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 || status=$?
    if [ "$status" != 0 ]; then
        tail -n 30 "$log" >&2
        printf '%s: failed (%d); all of its output: %s\n' "$0" "$status" "$log" >&2
    fi
    return "$status"
}

is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null) == installed* ]]
}

# is_there KIND NAME...: whether one of the names works.
is_there() {
    local kind=$1 name
    shift
    for name in "$@"; do
        case $kind in
            command) command -v "$name" >/dev/null && return ;;
            header) echo "#include <$name>" | gcc -E - >/dev/null 2>&1 && return ;;
            module) pkg-config --exists "$name" 2>/dev/null && return ;;
            python) "$PYTHON" -c "import $name" 2>/dev/null && return ;;
        esac
    done
    return 1
}

# The requirements that are not met, one a line.
missing_requirements() {
    local package kind names
    while read -r package kind names; do
        # shellcheck disable=SC2086 # several names
        if [ -n "$package" ] && ! is_there "$kind" $names && ! is_installed "$package"; then
            echo "$package $kind $names"
        fi
    done <<<"$requirements"
}

apt_install() {
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120)
    if [ "$(id -u)" != 0 ]; then
        apt=(sudo "${apt[@]}")
    fi
    "${apt[@]}" update || true # the lists that are there may do
    "${apt[@]}" install -y --no-install-recommends "$@"
}

may_install() {
    [ "$install" = yes ] && grep -qE '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release 2>/dev/null &&
        { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }
}

setup_packages() {
    local missing packages package what
    missing=$(missing_requirements)
    packages=$(awk '{ print $1 }' <<<"$missing" | paste -sd ' ')
    if [ -z "$packages" ]; then
        say 'packages: all there'
    elif may_install; then
        say "packages: installing $packages"
        # shellcheck disable=SC2086 # several packages
        logged build/packages.log apt_install $packages
    else
        say 'packages: missing are, by the names that Debian gives them,'
        while read -r package what; do
            echo "  $package ($what)"
        done <<<"$missing"
        echo "On Debian and Ubuntu, as root: apt-get install $packages"
        exit 1
    fi
    step=$((step + 1))
}

configure_is_old() {
    local source
    [ -e configure ] || return 0
    for source in configure.ac Makefile.am {src,tests,scripts,tests/fuzz}/local.mk scripts/m4/*.m4; do
        [ "$source" -nt configure ] && return 0
    done
    return 1
}

# setup_build FOLDER [CONFIGURE-OPTION...]: an out-of-tree build.
setup_build() {
    local folder=$1 started=$SECONDS
    shift
    say "build: in $folder/${*:+, $*}"
    if configure_is_old; then
        logged "$folder/autoreconf.log" autoreconf -fi
    fi
    if ! [ "$folder/config.status" -nt configure ]; then
        logged "$folder/configure.log" env -C "$folder" ../configure --quiet "$@"
    fi
    logged "$folder/make.log" make --no-print-directory -C "$folder" -j"$(nproc)"
    say "build: done in $((SECONDS - started)) s"
    step=$((step + 1))
}

# A line of Automake's summary of the tests, such as "# PASS:  7".
summary_count() {
    awk -v what="$2:" '$1 == "#" && $2 == what { count = $3 } END { print count + 0 }' "$1"
}

# run_tests FOLDER: all of them, and at last the counts; fails if one of them does.
run_tests() {
    local folder=$1 started=$SECONDS log=$1/check.log status=0 passed failed skipped
    say "tests: make check in $folder/"
    make --no-print-directory -C "$folder" -j"$(nproc)" check >"$log" 2>&1 || status=$?
    passed=$(($(summary_count "$log" PASS) + $(summary_count "$log" XFAIL)))
    skipped=$(summary_count "$log" SKIP)
    failed=$(($(summary_count "$log" FAIL) + $(summary_count "$log" XPASS)))
    failed=$((failed + $(summary_count "$log" ERROR)))
    if [ "$failed" != 0 ]; then
        tail -n 200 "$folder/test-suite.log"
        grep -E '^(FAIL|XPASS|ERROR):' "$log"
        echo "All that they printed: $folder/test-suite.log"
    elif [ "$status" != 0 ] || ! grep -q '^# TOTAL:' "$log"; then
        tail -n 30 "$log"
        echo "The tests could not be built or run; all of the output: $log"
        failed=1
    fi
    say "tests: done in $((SECONDS - started)) s, $skipped skipped"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
}
