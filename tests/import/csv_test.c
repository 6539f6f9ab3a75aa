#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/memory.h"
#include "import_expect.h"

static void a_table_becomes_x_and_y(void **state) {
    (void)state;
    const double x[] = {1.5, 2, -3, 4e3}, y[] = {1, 0};
    write_text("a.csv", "width,height,kind\n1.5,2,rose\n-3,4e3,iris\n");
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle"));
    expect_set("/train/x", GD_FLOAT32, 2, 2, x);
    expect_set("/train/y", GD_UINT8, 2, 1, y);
    expect_attribute("/train/x", "columns", "width\nheight");
    expect_attribute("/train/y", "columns", "kind");
    expect_attribute("/train/y", "classes", "iris\nrose");
    remove_output();
}

static void every_way_to_write_a_table_is_read(void **state) {
    (void)state;
    static const char *const texts[] = {
        "a,b,c\n1,2,x\n3,4,y\n",
        "a,b,c\r\n1,2,x\r\n3,4,y\r\n",
        "a,b,c\r1,2,x\r3,4,y",
        "\xef\xbb\xbf\x61,b,c\n1,2,x\n3,4,y",
        "\n\na,b,c\n\n1,2,x\n\n\n3,4,y\n\n",
        "a;b;c\n1;2;x\n3;4;y\n",
        "a\tb\tc\n1\t2\tx\n3\t4\ty\n",
        "\"a\",\"b\",\"c\"\n\"1\",\"2\",\"x\"\n\"3\",\"4\",\"y\"\n",
        " a , b , c \n 1 ,\t2, \"x\" \n  3,4 ,y\n",
        "a,b,c\n1.0,+2,x\n3e0,4.,y\n",
    };
    const double x[] = {1, 2, 3, 4}, y[] = {0, 1};
    for (size_t i = 0; i < 2 * sizeof texts / sizeof *texts; i++) {
        const char *path = i % 2 == 0 ? "a.csv" : "a.csv.gz";
        char line[64];
        write_text(path, texts[i / 2]);
        snprintf(line, sizeof line, "csv %s -o out.h5 --no-shuffle", path);
        expect_ok(import_line(line));
        expect_set("/train/x", GD_UINT8, 2, 2, x);
        expect_set("/train/y", GD_UINT8, 2, 1, y);
        expect_attribute("/train/x", "columns", "a\nb");
        expect_attribute("/train/y", "classes", "x\ny");
        remove_output();
    }
}

static void quotes_hold_separators_quotes_and_line_ends(void **state) {
    (void)state;
    write_text("a.csv", "\"first, one\",\"k\n2\"\n1,\"say \"\"no\"\"\"\n2,\"a\nb\"\n3,\"\"\"\"\n");
    expect_ok(import_line("csv a.csv -o out.h5"));
    expect_attribute("/train/x", "columns", "first, one");
    expect_attribute("/train/y", "columns", "k 2");
    expect_attribute("/train/y", "classes", "\"\na b\nsay \"no\"");
    remove_output();
}

static void the_header_is_found_or_said(void **state) {
    (void)state;
    const double one[] = {1, 3}, texts[] = {0, 1};
    write_text("a.csv", "1,2\n3,4\n");
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle"));
    expect_set("/train/x", GD_UINT8, 2, 1, one);
    expect_attribute("/train/x", "columns", "1");
    expect_ok(import_line("csv a.csv -o out.h5 --header"));
    expect_set("/train/x", GD_UINT8, 1, 1, (const double[]){3});
    expect_attribute("/train/x", "columns", "1");
    write_text("a.csv", "p,q\nr,s\n");
    expect_ok(import_line("csv a.csv -o out.h5 --no-header --no-shuffle --encode=codes"));
    expect_set("/train/x", GD_UINT8, 2, 1, texts);
    expect_attribute("/train/x", "categories.1", "p\nr");
    remove_output();
}

static void targets_are_named_by_name_or_number(void **state) {
    (void)state;
    const double x[] = {2, 5}, y[] = {1, 2.5, 4, 6};
    write_text("a.csv", "u,v,w\n1,2,2.5\n4,5,6\n");
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle --target u,3"));
    expect_set("/train/x", GD_UINT8, 2, 1, x);
    expect_set("/train/y", GD_FLOAT64, 2, 2, y);
    expect_attribute("/train/y", "columns", "u\nw");
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle --target=u --task regression"));
    expect_set("/train/y", GD_FLOAT64, 2, 1, (const double[]){1, 4});
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle --ignore w"));
    expect_attribute("/train/y", "columns", "v");
    remove_output();
    expect_refused("csv a.csv -o out.h5 --target x", "a.csv: --target: there is no column 'x'");
}

static void categories_become_columns_or_codes(void **state) {
    (void)state;
    const double hot[] = {0, 1, 7, 1, 0, 8, 0, 1, 9}, codes[] = {1, 7, 0, 8, 1, 9};
    write_text("a.csv", "color,n,y\nred,7,0\nblue,8,1\nred,9,0\n");
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle"));
    expect_set("/train/x", GD_UINT8, 3, 3, hot);
    expect_attribute("/train/x", "columns", "color=blue\ncolor=red\nn");
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle --encode codes"));
    expect_set("/train/x", GD_UINT8, 3, 2, codes);
    expect_attribute("/train/x", "columns", "color\nn");
    expect_attribute("/train/x", "categories.color", "blue\nred");
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle --categorical n --ignore color"));
    expect_set("/train/x", GD_UINT8, 3, 3, (const double[]){1, 0, 0, 0, 1, 0, 0, 0, 1});
    expect_attribute("/train/x", "columns", "n=7\nn=8\nn=9");
    remove_output();
}

static void missing_values_are_told_filled_or_dropped(void **state) {
    (void)state;
    const double dropped[] = {1, 10, 3, 20};
    write_text("a.csv", "a,b,y\n1,10,u\n,10,v\n3,20,u\nNA,40,v\n");
    expect_refused("csv a.csv -o out.h5", "a.csv:3: the value of column 'a' is missing");
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle --missing drop"));
    expect_set("/train/x", GD_UINT8, 2, 2, dropped);
    expect_set("/train/y", GD_UINT8, 2, 1, (const double[]){0, 0});
    expect_attribute("/train/y", "classes", "u");
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle --missing mean"));
    expect_set("/train/x", GD_FLOAT32, 4, 2, (const double[]){1, 10, 2, 10, 3, 20, 2, 40});
    /* The mean of the training rows. */
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle --missing mean --split .5,.5"));
    expect_set("/train/x", GD_FLOAT32, 2, 2, (const double[]){1, 10, 1, 10});
    expect_set("/val/x", GD_FLOAT32, 2, 2, (const double[]){3, 20, 1, 40});
    write_text("a.csv", "a,b,y\nred,1,0\n?,2,1\nblue,3,1\nred,4,0\n");
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle --missing mean --encode codes"));
    expect_set("/train/x", GD_UINT8, 4, 2, (const double[]){1, 1, 1, 2, 0, 3, 1, 4});
    expect_attribute("/train/x", "missing.a", "red");
    remove_output();
    write_text("a.csv", "a,y\n1,2\n3,\n");
    expect_refused("csv a.csv -o out.h5 --missing mean", "a.csv:3: the target 'y' is missing");
    write_text("a.csv", "a,b,y\nnan,1,2\nnull,2,1\n");
    expect_refused("csv a.csv -o out.h5 --missing mean", "column 'a' has no value at all");
    expect_refused("csv a.csv -o out.h5 --missing drop",
                   "a.csv: has no rows without missing values");
    write_text("a.csv", "a,y\n,1.5\n3,2.5\n");
    expect_refused("csv a.csv -o out.h5 --missing mean --no-shuffle --split .5,.5",
                   "column 'a' has no value in any training row");
}

static void files_follow_each_other(void **state) {
    (void)state;
    write_text("a.csv", "a,y\n1,u\n2,v\n");
    write_text("b.csv", "a,y\n3,u\n");
    expect_ok(import_line("csv a.csv b.csv a.csv -o out.h5 --no-shuffle"));
    expect_set("/train/x", GD_UINT8, 5, 1, (const double[]){1, 2, 3, 1, 2});
    remove_output();
    write_text("b.csv", "a,z\n3,u\n");
    expect_refused("csv a.csv b.csv -o out.h5", "b.csv:1: column 2 is 'z', but 'y' in the first");
    write_text("b.csv", "a,y,z\n3,u,4\n");
    expect_refused("csv a.csv b.csv -o out.h5", "b.csv:1: has 3 columns; the first file has 2");
    write_text("b.csv", "a,y\n3\n");
    expect_refused("csv a.csv b.csv -o out.h5", "b.csv:2: 1 value for 2 columns");
}

static void what_is_wrong_is_told_with_its_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "a.csv: is empty"},
        {"\n\n", "a.csv: is empty"},
        {"a,b\n", "a.csv: has no rows but the names of columns"},
        {"a,b\n1,2\n3\n", "a.csv:3: 1 value for 2 columns"},
        {"a,b\n1,2\n\"x\ny\",2,3\n", "a.csv:3: 3 values for 2 columns"},
        {"a,b\n1,\"2\n3,4\n", "a.csv:2: a quote is never closed"},
        {"a,b\n1,\"2\"3\n", "a.csv:2: text after a closing quote"},
        {"a,b,c\n1,2,3\n4,x,6\n", "a.csv:3: column 'b' holds 'x', after numbers"},
        {"a,b,c\n1,x,3\n4,5,6\n", "a.csv:3: column 'b' holds '5', after the text 'x'"},
        {"a,b\n1,2\n3,x\n", "a.csv:3: the target is 'x', after numbers"},
        {"a,b\n1,x\n3,4\n", "a.csv:3: the target is '4', after texts"},
        {"a\n1\n", "a.csv:1: of 1 column none is left for x"},
        {"a|b\n1|2\n", "separated by something else than ','"},
        {",a,b\n0,1,2\n", "a.csv:1: column 1 has no name; are these the row numbers that pandas"},
        {"\xff\xfe"
         "a",
         "a.csv: is text in UTF-16"},
        {"a;b\n1,5;2\n", "a.csv:2: column 'a' holds '1,5'; numbers need a decimal point"},
        {"a;b\n1;2\n3;-1,5e3\n", "a.csv:3: column 'b' holds '-1,5e3'; numbers need"},
        {"a,b\n1,2\n3,\33[2J\n", "a.csv:3: the target is '?[2J', after numbers"},
        {"a,b\n1,inf\n2,3\n", "a.csv:3: the target is '3', after texts"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text("a.csv", cases[i].text);
        expect_refused("csv a.csv -o out.h5", cases[i].words);
    }
    write_file("a.csv", "a,b\n1,\0\n", 9);
    expect_refused("csv a.csv -o out.h5", "a.csv:2: holds a NUL byte");
    expect_refused("csv none.csv -o out.h5", "none.csv: cannot be read: No such file");
    expect_refused("csv . -o out.h5", ".: cannot be read: Is a directory");
}

static void names_are_utf8(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {{"caf\xe9,y\n1,no\n", "a.csv:1: 'caf?' is not UTF-8; of Latin-1, iconv"},
                 {"x,caf\xe9\n1,no\n", "a.csv:1: 'caf?' is not UTF-8"},
                 {"x,y\n1,no\n2,caf\xe9\n", "a.csv:3: 'caf?' is not UTF-8"},
                 {"x,y\na,no\n\ncaf\xe9,no\n", "a.csv:4: 'caf?' is not UTF-8"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text("a.csv", cases[i].text);
        expect_refused("csv a.csv -o out.h5", cases[i].words);
    }
    write_text("a.csv", "caf\xe9,x,y\nth\xe9,1,no\nth\xe9,2,yes\n");
    expect_ok(import_line("csv a.csv -o out.h5 --ignore 1"));
    write_text("a.csv", "\xef\xbb\xbf"
                        "caf\u00e9,y\nth\u00e9,oui\ncr\u00e8me,n\u00f3n\n");
    expect_ok(import_line("csv a.csv -o out.h5"));
    expect_attribute("/train/x", "columns", "caf\u00e9=cr\u00e8me\ncaf\u00e9=th\u00e9");
    expect_attribute("/train/y", "classes", "n\u00f3n\noui");
    remove_output();
}

static void wrong_options_are_told(void **state) {
    (void)state;
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"csv a.csv", "-o DATA.h5 is missing"},
        {"csv -o out.h5", "csv needs inputs: INPUT..."},
        {"csv a.csv -o out.h5 --targt b", "unknown option '--targt'; did you mean '--target'?"},
        {"csv a.csv -o out.h5 --features 3", "--features is no option of csv"},
        {"csv a.csv -o out.h5 --target", "--target needs COLUMN,..."},
        {"csv a.csv -o out.h5 --no-shuffle=1", "--no-shuffle takes no value"},
        {"csv a.csv -o out.h5 --missing no", "--missing is error|mean|drop, not 'no'"},
        {"csv a.csv -o out.h5 --seed x", "--seed is a whole number"},
        {"csv a.csv -o out.h5 --seed=-1", "--seed is a whole number from 0"},
        {"csv a.csv -o out.h5 --split 0.5", "--split 0.5: shares of train, val and test"},
        {"csv a.csv -o out.h5 --header --no-header", "exclude each other"},
        {"csv a.csv -o out.h5 --separator ab", "one character of ASCII is needed"},
        {"csv a.csv -o out.h5 --ignore b --target b", "--target: column 'b' is named twice"},
        {"csv a.csv -o out.h5 --categorical 3", "--categorical: column 'c' is no feature"},
        {"csv a.csv -o out.h5 --target a,b --ignore 3", "of 3 columns none is left for x"},
        {"csv a.csv -o out.h5 --target a,b --task classification", "of several columns, values"},
        {"csv a.csv -o out.h5 --target 4", "there is no column '4'"},
        {"csv a.csv -o out.h5 --target c", "2 columns are called 'c'; name one by its number"},
        {"csv a.csv -o out.h5 --split 0.8,0.1,0.1", "of 2 rows, --split 0.8,0.1,0.1 leaves none"},
        {"csv a.csv -o a.csv", "a.csv: is an input, and would be overwritten by a.csv"},
    };
    write_text("a.csv", "b,c,c\n1,2,3\n4,5,6\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strstr(cases[i].line, "--target a,b") != NULL) {
            write_text("a.csv", "a,b,c\n1,2,3\n4,5,6\n");
        }
        if (strstr(cases[i].line, "--target 4") != NULL) {
            write_text("a.csv", "b,c,c\n1,2,3\n4,5,6\n");
        }
        expect_refused(cases[i].line, cases[i].words);
    }
}

static void a_damaged_compressed_table_is_told(void **state) {
    (void)state;
    char *bytes;
    size_t count;
    write_text("a.csv.gz", "a,b\n1,2\n3,4\n5,6\n");
    expect_ok(gd_file_read("a.csv.gz", &bytes, &count));
    for (size_t length = 12; length < count; length++) {
        write_file("cut", bytes, length);
        assert_int_equal(rename("cut", "a.csv.gz"), 0);
        expect_refused("csv a.csv.gz -o out.h5", "a.csv.gz: ");
    }
    gd_memory_free(&bytes);
}

static void large_columns_keep_their_digits(void **state) {
    (void)state;
    write_text("a.csv", "time,b,y\n1700000001,0.5,1\n1700000002,0.25,0\n");
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle"));
    expect_set("/train/x", GD_FLOAT64, 2, 2, (const double[]){1700000001, 0.5, 1700000002, 0.25});
    expect_ok(import_line("csv a.csv -o out.h5 --no-shuffle --type float32 --ignore time"));
    expect_set("/train/x", GD_FLOAT32, 2, 1, (const double[]){0.5, 0.25});
    remove_output();
    write_text("a.csv", "b,y\n1e300,1\n0.5,0\n");
    expect_refused("csv a.csv -o out.h5 --type float32", "too large for float32");
}

static void a_column_of_names_is_refused(void **state) {
    (void)state;
    gd_text text = {0};
    gd_text_add(&text, "name,y\n");
    for (int i = 0; i <= 1000; i++) {
        gd_text_add(&text, "n%d,%d\n", i, i % 2);
    }
    write_text("a.csv", gd_text_bytes(&text));
    expect_refused("csv a.csv -o out.h5",
                   "a.csv:1002: column 'name' has more than 1000 different texts; --ignore 'name'");
    expect_ok(import_line("csv a.csv -o out.h5 --categorical name --encode codes"));
    remove_output();
    gd_text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_becomes_x_and_y),
        cmocka_unit_test(every_way_to_write_a_table_is_read),
        cmocka_unit_test(quotes_hold_separators_quotes_and_line_ends),
        cmocka_unit_test(the_header_is_found_or_said),
        cmocka_unit_test(targets_are_named_by_name_or_number),
        cmocka_unit_test(categories_become_columns_or_codes),
        cmocka_unit_test(missing_values_are_told_filled_or_dropped),
        cmocka_unit_test(files_follow_each_other),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
        cmocka_unit_test(names_are_utf8),
        cmocka_unit_test(wrong_options_are_told),
        cmocka_unit_test(a_damaged_compressed_table_is_told),
        cmocka_unit_test(large_columns_keep_their_digits),
        cmocka_unit_test(a_column_of_names_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
