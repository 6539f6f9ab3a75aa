#!/usr/bin/env bash
# Each library is known in one room only, and no file is long.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

# strays PATTERN ROOM FOLDER: the lines of C in a folder's src and include that have PATTERN, in other files than ROOM's;
# those of comments aside.
strays() {
    (cd "$3" && grep -rnE --include='*.[ch]' -- "$1" src include | grep -vE "^($2)|^[^:]*:[0-9]*: *(\*|/\*)")
}

# only WHAT PATTERN ROOM VIOLATION: no file beyond the room has PATTERN; a file with the line VIOLATION would be found.
only() {
    local found
    found=$(strays "$2" "$3" "$root")
    [ -z "$found" ] || failed "$1 is used beyond $3: $found"
    grep -rqE -- "$2" "$root/src" || failed "the pattern of $1 finds nothing at all"
    rm -rf tree && mkdir -p tree/src/train tree/include/gdmpi
    echo "$4" >tree/src/train/violation.c
    [ -n "$(strays "$2" "$3" tree)" ] || failed "$1 in src/train would not be found"
}

only MPI '\<MPI_|<mpi\.h>' 'src/comm/|include/gdmpi/comm\.h:' '    MPI_Barrier(MPI_COMM_WORLD);'
only HDF5 '\<H5[A-Z]*[a-z_]|<hdf5' 'src/store/|include/gdmpi/store\.h:' '    H5Fclose(file);'
only BLAS '\<(cblas|openblas)_|<cblas' 'src/model/|src/base/blas\.c:|include/gdmpi/real\.h:' '    cblas_sgemm(order);'

# long_files FOLDER...: but for what is generated.
long_files() {
    find "$@" -type f ! -name wrappers.c \( -name '*.[ch]' -o -name '*.sh' -o -name '*.mk' -o -name '*.ac' -o -name '*.m4' \) \
        -exec wc -l {} + | awk '$1 > 600 && $2 != "total"'
}
found=$(long_files "$root/src" "$root/include" "$root/tests" "$root/scripts/m4/gdmpi.m4" "$root/configure.ac")
[ -z "$found" ] || failed "files of more than 600 lines: $found"
seq 601 >tree/long.c
[ -n "$(long_files tree)" ] || failed 'a file of 601 lines would not be found'
finish
