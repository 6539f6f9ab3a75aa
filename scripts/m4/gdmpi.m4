# GD_FLAGS(FLAGS): adds those that the compiler takes to GD_CFLAGS.
AC_DEFUN([GD_FLAGS],
[for gd_flag in $1; do
    gd_saved=$CFLAGS
    CFLAGS="$CFLAGS -Werror $gd_flag"
    AC_MSG_CHECKING([whether $CC takes $gd_flag])
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
                   [AC_MSG_RESULT([yes])
                    GD_CFLAGS="$GD_CFLAGS $gd_flag"],
                   [AC_MSG_RESULT([no])])
    CFLAGS=$gd_saved
done
AC_SUBST([GD_CFLAGS])])

# GD_TARGET_CLONES: whether a function can be compiled for several instruction sets. Sanitizers do without: they are not
# ready when the choice is made. So does clang, which (as of 14) gives the choosers of static functions names that clash
# between files.
AC_DEFUN([GD_TARGET_CLONES],
[AC_CACHE_CHECK([for target_clones], [gd_cv_target_clones],
    [gd_cv_target_clones='the instruction set of CFLAGS'
     gd_saved=$CFLAGS
     CFLAGS="$CFLAGS -Werror"
     AS_IF([test -z "$with_sanitizer"],
           [AC_LINK_IFELSE([AC_LANG_SOURCE([[
#ifdef __clang__
#error "see above"
#endif
__attribute__((target_clones("avx512f", "avx2", "default"))) int twice(int);
__attribute__((target_clones("avx512f", "avx2", "default"))) int twice(int a) { return 2 * a; }
int main(void) { return twice(0); }]])],
                           [gd_cv_target_clones='AVX-512, AVX2 and any'])])
     CFLAGS=$gd_saved])
AS_IF([test "$gd_cv_target_clones" = 'AVX-512, AVX2 and any'],
      [AC_DEFINE([GD_HAVE_TARGET_CLONES], [1], [Whether the compiler takes target_clones])])])

# GD_LIBRARY(VARIABLE, MODULES, HEADERS, FUNCTION, LIBRARY, DEBIAN): finds a library, by the compiler alone (mpicc, -I and -L in
# CPPFLAGS and LDFLAGS), or else by the first of the pkg-config MODULES that works; sets VARIABLE_CFLAGS, _LIBS and _FOUND.
# The last of HEADERS is the library's; those before it are its needs. What is missing is told by GD_LIBRARIES_DONE.
AC_DEFUN([GD_LIBRARY],
[AC_REQUIRE([PKG_PROG_PKG_CONFIG])
AC_MSG_CHECKING([for $1])
gd_CPPFLAGS=$CPPFLAGS gd_LIBS=$LIBS $1_FOUND=
for gd_try in compiler m4_if([$5], [], [], [library]) $2; do
    AS_CASE([$gd_try],
        [compiler], [$1_CFLAGS= $1_LIBS=],
        [library], [$1_CFLAGS= $1_LIBS='-l$5'],
        [$1_CFLAGS=$($PKG_CONFIG --cflags $gd_try 2>/dev/null) && $1_LIBS=$($PKG_CONFIG --libs $gd_try 2>/dev/null) || continue])
    CPPFLAGS="$gd_CPPFLAGS $$1_CFLAGS" LIBS="$$1_LIBS $gd_LIBS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([m4_foreach_w([gd_header], [$3], [[#include <]gd_header[>
]])], m4_if([$4], [], [], [[void *volatile symbol = (void *)(size_t)$4; return symbol == 0;]]))], [$1_FOUND=$gd_try])
    AS_IF([test -n "$$1_FOUND"], [break])
done
CPPFLAGS=$gd_CPPFLAGS LIBS=$gd_LIBS
AS_CASE([$$1_FOUND],
    [compiler | library], [$1_FOUND="yes${$1_LIBS:+, $$1_LIBS}"],
    [?*], [$1_FOUND="$$1_FOUND $($PKG_CONFIG --modversion $$1_FOUND)"],
    [gd_missing="$gd_missing
  $1: no m4_bpatsubst([$3], [.* ]) that compiles and links; Debian has it in $6"])
AC_MSG_RESULT([${$1_FOUND:-no}])
AC_SUBST([$1_CFLAGS])
AC_SUBST([$1_LIBS])])

AC_DEFUN([GD_LIBRARIES_DONE],
[AS_IF([test -n "$gd_missing"],
       [AC_MSG_ERROR([missing:$gd_missing
On Debian and Ubuntu, ./scripts/quickstart installs what is missing. Elsewhere, give CPPFLAGS=-I... and
LDFLAGS=-L..., or PKG_CONFIG_PATH, of where it is; config.log tells what was tried.])])])
