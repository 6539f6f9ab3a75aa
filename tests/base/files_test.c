#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gdmpi/files.h"
#include "gdmpi/memory.h"

static int enter_folder(void **state) {
    static char name[] = "files_test-XXXXXX";
    *state = mkdtemp(name);
    return *state == NULL ? -1 : chdir(*state);
}

static int leave_folder(void **state) {
    return chdir("..") == 0 ? rmdir(*state) : -1;
}

static void write_text(const char *path, const char *text) {
    gd_status status = gd_file_write(path, text, strlen(text));
    assert_string_equal(gd_status_message(status), "");
}

static void holds(const char *path, const char *text) {
    char *bytes;
    size_t count;
    gd_status status = gd_file_read(path, &bytes, &count);
    assert_string_equal(gd_status_message(status), "");
    assert_int_equal(count, strlen(text));
    assert_string_equal(bytes, text);
    gd_memory_free(&bytes);
}

/* The status is an error of this code that names `what`; frees it. */
static void names(gd_status status, gd_code code, const char *what) {
    assert_int_equal(gd_status_code(status), code);
    assert_non_null(strstr(gd_status_message(status), what));
    gd_status_free(&status);
}

static void what_was_written_is_read(void **state) {
    (void)state;
    char *bytes;
    size_t count;
    char zeros[5000] = "a";
    zeros[4999] = 'z';
    for (size_t length = 0; length <= sizeof zeros; length += 1000) {
        assert_true(gd_file_write("f", zeros, length) == GD_OK);
        assert_true(gd_file_read("f", &bytes, &count) == GD_OK);
        assert_int_equal(count, length);
        assert_memory_equal(bytes, zeros, length);
        assert_int_equal(bytes[length], '\0');
        gd_memory_free(&bytes);
    }
    unlink("f");
}

/* Many times the first block; a pipe's size is not known before its end. */
static void a_pipe_is_read_to_its_end(void **state) {
    (void)state;
    char written[40000], path[32], *bytes;
    size_t count;
    for (size_t i = 0; i < sizeof written; i++) {
        written[i] = (char)('a' + i % 23);
    }
    for (size_t length = 0; length <= sizeof written; length += 8000) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], written, length), (int)length);
        assert_int_equal(close(ends[1]), 0);
        snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
        gd_status status = gd_file_read(path, &bytes, &count);
        assert_string_equal(gd_status_message(status), "");
        assert_int_equal(count, length);
        assert_memory_equal(bytes, written, length);
        assert_int_equal(bytes[length], '\0');
        gd_memory_free(&bytes);
        close(ends[0]);
    }
}

static void a_write_replaces_and_leaves_nothing_else(void **state) {
    (void)state;
    write_text("f", "a longer text");
    write_text("f", "short");
    holds("f", "short");
    gd_folder folder;
    assert_true(gd_folder_list(".", "", "", &folder) == GD_OK);
    assert_int_equal(folder.count, 3); /* with . and .. */
    gd_folder_free(&folder);
    unlink("f");
}

static gd_status add_pieces(void *context, gd_draft *out) {
    const int *pieces = context;
    for (int i = 0; i < *pieces; i++) {
        gd_draft_add(out, "%d", i);
        gd_draft_add_bytes(out, ", and more", i + 1 < *pieces ? 2 : 0);
    }
    return GD_OK;
}

/* Closes the file beneath, so that nothing more can be written. */
static gd_status add_in_vain(void *context, gd_draft *out) {
    (void)context;
    close(fileno(out->file));
    gd_draft_add(out, "text");
    assert_int_equal(fflush(out->file), EOF);
    return GD_OK;
}

static gd_status give_up(void *context, gd_draft *out) {
    gd_draft_add(out, "half");
    return gd_status_new(GD_BAD_INPUT, "%s", (const char *)context);
}

static void what_is_produced_piece_by_piece_is_there_whole_or_not_at_all(void **state) {
    (void)state;
    int pieces = 3;
    assert_true(gd_file_produce("f", add_pieces, &pieces) == GD_OK);
    holds("f", "0, 1, 2");
    names(gd_file_produce("f", add_in_vain, NULL), GD_FAILED, "f.tmp: cannot write: Bad file");
    names(gd_file_produce("f", give_up, "no more"), GD_BAD_INPUT, "no more");
    names(gd_file_produce("no/f", add_pieces, &pieces), GD_FAILED, "no/f.tmp: cannot write");
    holds("f", "0, 1, 2");
    assert_false(gd_file_exists("f.tmp"));
    pieces = 0;
    assert_true(gd_file_produce("f", add_pieces, &pieces) == GD_OK);
    holds("f", "");
    unlink("f");
}

static void what_cannot_be_read_is_named(void **state) {
    (void)state;
    char *bytes;
    size_t count;
    names(gd_file_read("missing.ini", &bytes, &count), GD_BAD_INPUT, "missing.ini: ");
    assert_null(bytes);
    names(gd_file_read(".", &bytes, &count), GD_BAD_INPUT, ".: is not a file");
    assert_null(bytes);
}

static void what_cannot_be_written_is_named(void **state) {
    (void)state;
    names(gd_file_write("no/f", "a", 1), GD_FAILED, "no/f");
    names(gd_file_commit("no/f.tmp", "no/f"), GD_FAILED, "no/f");
    names(gd_file_link("a", "no/f"), GD_FAILED, "no/f");
    assert_true(gd_folder_make("d") == GD_OK);
    names(gd_file_write("d", "a", 1), GD_FAILED, "d");
    assert_false(gd_file_exists("d.tmp"));
    rmdir("d");
}

static void a_commit_renames_over_the_old_file(void **state) {
    (void)state;
    write_text("new", "new");
    write_text("old", "old");
    assert_true(gd_file_commit("new", "old") == GD_OK);
    assert_false(gd_file_exists("new"));
    holds("old", "new");
    unlink("old");
}

static void a_link_points_at_its_latest_target(void **state) {
    (void)state;
    write_text("a", "one");
    write_text("b", "two");
    assert_true(gd_file_link("a", "latest") == GD_OK);
    holds("latest", "one");
    assert_true(gd_file_link("b", "latest") == GD_OK);
    holds("latest", "two");
    holds("a", "one");
    char target[8] = "";
    assert_int_equal(readlink("latest", target, sizeof target - 1), 1);
    assert_string_equal(target, "b");
    unlink("a");
    unlink("b");
    unlink("latest");
}

static void truncation_only_shortens(void **state) {
    (void)state;
    write_text("f", "0123456789");
    assert_true(gd_file_truncate("f", 20) == GD_OK);
    holds("f", "0123456789");
    assert_true(gd_file_truncate("f", 4) == GD_OK);
    holds("f", "0123");
    assert_true(gd_file_truncate("f", 0) == GD_OK);
    holds("f", "");
    assert_true(gd_file_truncate("missing", 4) == GD_OK);
    assert_false(gd_file_exists("missing"));
    unlink("f");
}

static void folders_are_made_with_those_above(void **state) {
    (void)state;
    assert_true(gd_folder_make("a/b//c") == GD_OK);
    assert_true(gd_file_exists("a/b/c"));
    assert_true(gd_folder_make("a/b/c") == GD_OK);
    assert_true(gd_folder_make("a/b/") == GD_OK);
    assert_true(gd_folder_make("/") == GD_OK);
    write_text("a/f", "");
    names(gd_folder_make("a/f"), GD_BAD_INPUT, "a/f");
    names(gd_folder_make("a/f/g"), GD_BAD_INPUT, "a/f/g");
    names(gd_folder_make(""), GD_BAD_INPUT, "cannot make");
    unlink("a/f");
    rmdir("a/b/c");
    rmdir("a/b");
    rmdir("a");
}

static void a_folder_lists_matching_names_in_order(void **state) {
    (void)state;
    static const char *const files[] = {"d/step-3.h5", "d/step-1.h5", "d/step-2.h5",
                                        "d/step-.h",   "d/best.h5",   "d/step-1.h5.tmp"};
    assert_true(gd_folder_make("d") == GD_OK);
    for (size_t i = 0; i < 6; i++) {
        write_text(files[i], "");
    }
    gd_folder folder;
    assert_true(gd_folder_list("d", "step-", ".h5", &folder) == GD_OK);
    assert_int_equal(folder.count, 3);
    assert_string_equal(folder.name[0], "step-1.h5");
    assert_string_equal(folder.name[1], "step-2.h5");
    assert_string_equal(folder.name[2], "step-3.h5");
    gd_folder_free(&folder);
    assert_int_equal(folder.count, 0);
    assert_true(gd_folder_list("d", "step-1.h5", "1.h5", &folder) == GD_OK);
    assert_int_equal(folder.count, 0);
    gd_folder_free(&folder);
    for (size_t i = 0; i < 6; i++) {
        unlink(files[i]);
    }
    rmdir("d");
    assert_true(gd_folder_list("d", "", "", &folder) == GD_OK);
    assert_int_equal(folder.count, 0);
    gd_folder_free(&folder);
}

static void the_clock_does_not_go_back(void **state) {
    (void)state;
    double before = gd_clock_seconds(), first = before;
    for (int i = 0; i < 1000; i++) {
        double now = gd_clock_seconds();
        assert_true(now >= before);
        before = now;
    }
    assert_true(before > first && before - first < 60);
}

static void expect_refused(const char *path, const char *words) {
    gd_status status = gd_file_check(path, "runs/made");
    assert_int_equal(gd_status_code(status), GD_BAD_INPUT);
    assert_non_null(strstr(gd_status_message(status), path));
    assert_non_null(strstr(gd_status_message(status), words));
    gd_status_free(&status);
}

static void a_place_for_a_file_is_looked_at_before(void **state) {
    (void)state;
    assert_true(gd_file_check("file", "runs/made") == GD_OK);
    assert_true(gd_file_check("/tmp/file", "runs/made") == GD_OK);
    assert_true(gd_file_check("runs/made/file", "runs/made") == GD_OK);
    expect_refused("no-such-folder/file", "there is no folder no-such-folder");
    expect_refused("/dev/null/file", "there is no folder /dev/null");
    expect_refused("/tmp", "is a folder");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(a_pipe_is_read_to_its_end),
        cmocka_unit_test(a_write_replaces_and_leaves_nothing_else),
        cmocka_unit_test(what_is_produced_piece_by_piece_is_there_whole_or_not_at_all),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(what_cannot_be_written_is_named),
        cmocka_unit_test(a_commit_renames_over_the_old_file),
        cmocka_unit_test(a_link_points_at_its_latest_target),
        cmocka_unit_test(truncation_only_shortens),
        cmocka_unit_test(folders_are_made_with_those_above),
        cmocka_unit_test(a_folder_lists_matching_names_in_order),
        cmocka_unit_test(the_clock_does_not_go_back),
        cmocka_unit_test(a_place_for_a_file_is_looked_at_before),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
