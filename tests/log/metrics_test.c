#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/data_files.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/metrics.h"

/* A member of an object: a text, or a number as it stands. */
typedef struct member {
    char key[64], value[512];
} member;

typedef struct object {
    size_t count;
    member members[32];
} object;

static int hexadecimal(const char *digits) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
        const char *place = strchr("0123456789abcdef", digits[i]);
        assert_true(digits[i] != '\0' && place != NULL);
        value = 16 * value + (int)(place - "0123456789abcdef");
    }
    return value;
}

/* One character of a string, which may be escaped; `text` stands behind it afterwards. */
static char take_character(const char **text) {
    static const char escaped[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *c = *text;
    assert_true((unsigned char)*c >= 0x20);
    *text += 1;
    if (*c != '\\') {
        return *c;
    }
    *text += 1;
    if (c[1] == 'u') {
        *text += 4;
        int code = hexadecimal(c + 2);
        assert_in_range(code, 1, 0x7f);
        return (char)code;
    }
    const char *place = strchr(escaped, c[1]);
    assert_true(c[1] != '\0' && place != NULL);
    return meant[place - escaped];
}

static void take_string(const char **text, char *out, size_t room) {
    size_t length = 0;
    assert_int_equal(**text, '"');
    *text += 1;
    while (**text != '"') {
        assert_true(length + 1 < room);
        out[length++] = take_character(text);
    }
    out[length] = '\0';
    *text += 1;
}

static size_t digits(const char *text) {
    size_t count = strspn(text, "0123456789");
    assert_true(count > 0);
    return count;
}

/* The number at `text`, by the grammar of RFC 8259, section 6. */
static size_t number_length(const char *text) {
    size_t length = text[0] == '-' ? 1 : 0;
    length += text[length] == '0' ? 1 : digits(text + length);
    if (text[length] == '.') {
        length++;
        length += digits(text + length);
    }
    if (text[length] == 'e' || text[length] == 'E') {
        length++;
        length += text[length] == '+' || text[length] == '-' ? 1 : 0;
        length += digits(text + length);
    }
    return length;
}

static void take(const char **text, char character) {
    assert_int_equal(**text, character);
    *text += 1;
    *text += strspn(*text, " ");
}

/* A string, a number, null, or an array of such. */
static void skip_value(const char **text) {
    if (**text == '"') {
        char string[64];
        take_string(text, string, sizeof string);
        return;
    }
    if (**text != '[') {
        *text += strncmp(*text, "null", 4) == 0 ? 4 : number_length(*text);
        return;
    }
    take(text, '[');
    skip_value(text);
    while (**text == ',') {
        take(text, ',');
        skip_value(text);
    }
    take(text, ']');
}

/* All but strings by themselves as they are written. */
static void take_value(const char **text, char *out, size_t room) {
    if (**text == '"') {
        take_string(text, out, room);
        return;
    }
    const char *first = *text;
    skip_value(text);
    size_t length = (size_t)(*text - first);
    assert_true(length < room);
    memcpy(out, first, length);
    out[length] = '\0';
}

/* A JSON object, flat but for arrays, on a line of its own; `text` stands behind the line
 * afterwards. */
static void take_object(const char **text, object *found) {
    found->count = 0;
    take(text, '{');
    while (**text != '}') {
        assert_true(found->count < sizeof found->members / sizeof *found->members);
        member *member = &found->members[found->count++];
        if (found->count > 1) {
            take(text, ',');
        }
        take_string(text, member->key, sizeof member->key);
        take(text, ':');
        take_value(text, member->value, sizeof member->value);
    }
    take(text, '}');
    assert_int_equal(**text, '\n');
    *text += 1;
}

static void expect_member(const object *object, const char *key, const char *value) {
    for (size_t i = 0; i < object->count; i++) {
        if (strcmp(object->members[i].key, key) == 0) {
            assert_string_equal(object->members[i].value, value);
            return;
        }
    }
    fail_msg("no member %s", key);
}

static char *contents(const char *path, size_t *count) {
    char *bytes;
    expect_ok(gd_file_read(path, &bytes, count));
    return bytes;
}

/* The only line of a log to which `write` has added its fields. */
static void write_line(void (*write)(gd_metrics *metrics), object *found) {
    gd_metrics *metrics;
    size_t count;
    expect_ok(gd_metrics_open("line.jsonl", 0, &metrics));
    gd_metrics_begin(metrics, "test");
    write(metrics);
    expect_ok(gd_metrics_end(metrics));
    expect_ok(gd_metrics_close(&metrics));
    assert_null(metrics);
    char *bytes = contents("line.jsonl", &count);
    const char *text = bytes;
    take_object(&text, found);
    assert_ptr_equal(text, bytes + count);
    expect_member(found, "event", "test");
    gd_memory_free(&bytes);
}

static const char *const texts[] = {"",
                                    "plain",
                                    "with \"quotes\" and \\ and /",
                                    "tab\t newline\n return\r",
                                    "\x01\x02\x08\x0c\x1b\x1f\x7f",
                                    "\xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82",
                                    "100 %s %d %n",
                                    "{\"a\": [1]}"};
enum { TEXTS = sizeof texts / sizeof *texts };

static void write_texts(gd_metrics *metrics) {
    for (int i = 0; i < TEXTS; i++) {
        char key[32];
        snprintf(key, sizeof key, "text \"%d\"", i);
        gd_metrics_text(metrics, key, texts[i]);
    }
}

static void texts_are_escaped(void **state) {
    (void)state;
    object found;
    write_line(write_texts, &found);
    assert_int_equal(found.count, 1 + TEXTS);
    for (int i = 0; i < TEXTS; i++) {
        char key[32];
        snprintf(key, sizeof key, "text \"%d\"", i);
        expect_member(&found, key, texts[i]);
    }
}

static void write_not_finite(gd_metrics *metrics) {
    gd_metrics_number(metrics, "nan", NAN);
    gd_metrics_number(metrics, "infinite", INFINITY);
    gd_metrics_number(metrics, "negative", -INFINITY);
}

static void what_is_not_finite_is_null(void **state) {
    (void)state;
    object found;
    write_line(write_not_finite, &found);
    expect_member(&found, "nan", "null");
    expect_member(&found, "infinite", "null");
    expect_member(&found, "negative", "null");
}

static void write_matrices(gd_metrics *metrics) {
    const double values[] = {1, -0.5, NAN, 1e-300, 0, 3};
    gd_metrics_matrix(metrics, "wide", 2, 3, values);
    gd_metrics_matrix(metrics, "high", 3, 1, values);
    gd_metrics_matrix(metrics, "one", 1, 1, values);
}

static void a_matrix_is_an_array_of_its_rows(void **state) {
    (void)state;
    object found;
    write_line(write_matrices, &found);
    expect_member(&found, "wide", "[[1, -0.5, null], [1e-300, 0, 3]]");
    expect_member(&found, "high", "[[1], [-0.5], [null]]");
    expect_member(&found, "one", "[[1]]");
}

static void write_lists(gd_metrics *metrics) {
    gd_metrics_lines(metrics, "classes", "no\nyes \"\\\n\u00e9");
    gd_metrics_lines(metrics, "one", "only");
}

static void a_list_of_names_is_an_array_of_strings(void **state) {
    (void)state;
    object found;
    write_line(write_lists, &found);
    expect_member(&found, "classes", "[\"no\", \"yes \\\"\\\\\", \"\u00e9\"]");
    expect_member(&found, "one", "[\"only\"]");
}

static void write_whole(gd_metrics *metrics) {
    gd_metrics_integer(metrics, "least", INT64_MIN);
    gd_metrics_integer(metrics, "zero", 0);
    gd_metrics_integer(metrics, "most", INT64_MAX);
}

static void whole_numbers_keep_all_their_digits(void **state) {
    (void)state;
    object found;
    write_line(write_whole, &found);
    expect_member(&found, "least", "-9223372036854775808");
    expect_member(&found, "zero", "0");
    expect_member(&found, "most", "9223372036854775807");
}

static const double numbers[] = {0,    -0.0,      1,       0.1,          -2.5,      1.0 / 3,
                                 1e-8, 1e22,      DBL_MAX, DBL_MIN,      0x1p-1074, 0x1p53,
                                 1e15, 0.1 + 0.2, -1e-310, 123456789012, 1e300 / 7};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static void write_numbers(gd_metrics *metrics) {
    for (int i = 0; i < NUMBERS; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        gd_metrics_number(metrics, key, numbers[i]);
    }
}

static void numbers_are_read_back_to_the_bit(void **state) {
    (void)state;
    object found;
    write_line(write_numbers, &found);
    assert_int_equal(found.count, 1 + NUMBERS);
    for (int i = 0; i < NUMBERS; i++) {
        double again = strtod(found.members[1 + i].value, NULL);
        assert_memory_equal(&again, &numbers[i], sizeof again);
    }
    expect_member(&found, "3", "0.1");
    expect_member(&found, "6", "1e-8");
}

static int64_t size_of(const char *path) {
    size_t count;
    char *bytes = contents(path, &count);
    gd_memory_free(&bytes);
    return (int64_t)count;
}

static void add_line(gd_metrics *metrics, int64_t number) {
    gd_metrics_begin(metrics, "count");
    gd_metrics_integer(metrics, "number", number);
    int64_t before = gd_metrics_bytes(metrics);
    expect_ok(gd_metrics_end(metrics));
    assert_int_equal(gd_metrics_bytes(metrics), before);
}

/* Lines first, first + 1, ... of a log, to its end. */
static void expect_lines(const char *path, int64_t count) {
    size_t length;
    char *bytes = contents(path, &length);
    const char *text = bytes;
    object found;
    for (int64_t i = 0; i < count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)i);
        take_object(&text, &found);
        expect_member(&found, "number", number);
    }
    assert_ptr_equal(text, bytes + length);
    gd_memory_free(&bytes);
}

static void the_length_is_that_of_the_file_after_every_line(void **state) {
    (void)state;
    gd_metrics *metrics;
    expect_ok(gd_metrics_open("length.jsonl", 0, &metrics));
    assert_int_equal(gd_metrics_bytes(metrics), 0);
    for (int64_t i = 0; i < 120; i++) {
        add_line(metrics, i);
        assert_int_equal(gd_metrics_bytes(metrics), size_of("length.jsonl"));
    }
    expect_ok(gd_metrics_close(&metrics));
    expect_lines("length.jsonl", 120);
}

static void a_log_goes_on_where_it_was_cut(void **state) {
    (void)state;
    gd_metrics *metrics;
    int64_t length[11];
    expect_ok(gd_metrics_open("cut.jsonl", 0, &metrics));
    for (int64_t i = 0; i < 11; i++) {
        length[i] = gd_metrics_bytes(metrics);
        add_line(metrics, i);
    }
    gd_metrics_begin(metrics, "never ended");
    expect_ok(gd_metrics_close(&metrics));
    expect_lines("cut.jsonl", 11);

    for (int64_t kept = 10; kept >= 0; kept -= 5) {
        expect_ok(gd_metrics_open("cut.jsonl", length[kept], &metrics));
        assert_int_equal(gd_metrics_bytes(metrics), length[kept]);
        add_line(metrics, kept);
        assert_int_equal(gd_metrics_bytes(metrics), size_of("cut.jsonl"));
        expect_ok(gd_metrics_close(&metrics));
        expect_lines("cut.jsonl", kept + 1);
    }
}

/* As after a crash of the machine, which may lose what was not flushed to disk. */
static void a_log_that_is_shorter_goes_on_at_its_end(void **state) {
    (void)state;
    gd_metrics *metrics;
    expect_ok(gd_metrics_open("short.jsonl", 0, &metrics));
    add_line(metrics, 0);
    expect_ok(gd_metrics_close(&metrics));
    expect_ok(gd_metrics_open("short.jsonl", 100000, &metrics));
    add_line(metrics, 1);
    assert_int_equal(gd_metrics_bytes(metrics), size_of("short.jsonl"));
    expect_ok(gd_metrics_close(&metrics));
    expect_lines("short.jsonl", 2);
}

static void a_full_disk_is_told(void **state) {
    (void)state;
    gd_metrics *metrics;
    if (!gd_file_exists("/dev/full")) {
        skip();
    }
    expect_ok(gd_metrics_open("/dev/full", 0, &metrics));
    gd_metrics_begin(metrics, "lost");
    expect_error(gd_metrics_end(metrics), GD_FAILED,
                 "/dev/full: cannot be written: No space left on device");
    gd_status closed = gd_metrics_close(&metrics);
    gd_status_free(&closed);
    assert_null(metrics);
}

static void a_log_that_cannot_be_opened_is_told(void **state) {
    (void)state;
    gd_metrics *metrics;
    expect_error(gd_metrics_open("nowhere/metrics.jsonl", 0, &metrics), GD_FAILED,
                 "nowhere/metrics.jsonl: cannot be opened: No such file or directory");
    assert_null(metrics);
    expect_ok(gd_metrics_close(&metrics));
    expect_error(gd_metrics_open(".", 0, &metrics), GD_FAILED, ".: cannot ");
    assert_null(metrics);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(what_is_not_finite_is_null),
        cmocka_unit_test(a_matrix_is_an_array_of_its_rows),
        cmocka_unit_test(a_list_of_names_is_an_array_of_strings),
        cmocka_unit_test(whole_numbers_keep_all_their_digits),
        cmocka_unit_test(numbers_are_read_back_to_the_bit),
        cmocka_unit_test(the_length_is_that_of_the_file_after_every_line),
        cmocka_unit_test(a_log_goes_on_where_it_was_cut),
        cmocka_unit_test(a_log_that_is_shorter_goes_on_at_its_end),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(a_log_that_cannot_be_opened_is_told),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
