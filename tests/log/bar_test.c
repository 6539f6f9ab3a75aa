#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/bar.h"

static const char *const details[] = {"1,234 rows/s", "loss 0.5", NULL};

/* At all widths, what there is room for, and no more. */
static void expect_line(int width, const char *line) {
    gd_text text = {0};
    gd_bar_write(width, "    7", 0.5, 90, details, &text);
    assert_string_equal(gd_text_bytes(&text), line);
    gd_text_free(&text);
}

static void it_has_what_there_is_room_for(void **state) {
    (void)state;
    expect_line(79,
                "    7 [============            ]  50 %  1 min 30 s left  1,234 rows/s  loss 0.5");
    expect_line(65, "    7 [=====     ]  50 %  1 min 30 s left  1,234 rows/s  loss 0.5");
    expect_line(64, "    7 [=====     ]  50 %  1 min 30 s left  1,234 rows/s");
    expect_line(41, "    7 [=====     ]  50 %  1 min 30 s left");
    expect_line(30, "    7  50 %  1 min 30 s left");
}

static void it_is_never_longer_than_its_terminal(void **state) {
    (void)state;
    for (int width = 28; width < 200; width++) {
        gd_text text = {0};
        gd_bar_write(width, "    7", 0.5, 90, details, &text);
        assert_true(text.length <= (size_t)width);
        gd_text_free(&text);
    }
}

static void it_goes_from_nothing_to_all_and_not_beyond(void **state) {
    (void)state;
    static const struct {
        double share;
        const char *line;
    } cases[] = {{-1, "a [          ]   0 %  0 ms left"},
                 {0, "a [          ]   0 %  0 ms left"},
                 {1, "a [==========] 100 %  0 ms left"},
                 {1.5, "a [==========] 100 %  0 ms left"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gd_text text = {0};
        gd_bar_write(40, "a", cases[i].share, -1, (const char *const[]){NULL}, &text);
        assert_string_equal(gd_text_bytes(&text), cases[i].line);
        gd_text_free(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_what_there_is_room_for),
        cmocka_unit_test(it_is_never_longer_than_its_terminal),
        cmocka_unit_test(it_goes_from_nothing_to_all_and_not_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
