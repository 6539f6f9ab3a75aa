#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/hash.h"

enum { MOST = 200 };

static void fill(unsigned char bytes[MOST]) {
    for (int i = 0; i < MOST; i++) {
        bytes[i] = (unsigned char)(i * i + 3 * i);
    }
}

/* Of the reference implementation. */
static void it_is_xxh64(void **state) {
    (void)state;
    static const char text[] = "Nobody inspects the spammish repetition";
    assert_true(gd_hash("", 0, 0) == UINT64_C(0xef46db3751d8e999));
    assert_true(gd_hash("a", 1, 0) == UINT64_C(0xd24ec4f1a98c6e5b));
    assert_true(gd_hash("abc", 3, 0) == UINT64_C(0x44bc2cf5ad770999));
    assert_true(gd_hash(text, strlen(text), 0) == UINT64_C(0xfbcea83c8a378bf1));
}

static void parts_come_to_the_hash_of_the_whole(void **state) {
    (void)state;
    unsigned char bytes[MOST];
    fill(bytes);
    for (size_t count = 0; count <= MOST; count++) {
        for (size_t first = 0; first <= count; first += GD_HASH_STRIPE) {
            gd_hasher hasher = gd_hash_start(7);
            gd_hash_add(&hasher, bytes, first);
            assert_true(gd_hash_end(&hasher, bytes + first, count - first) ==
                        gd_hash(bytes, count, 7));
        }
    }
}

static void every_bit_length_and_seed_counts(void **state) {
    (void)state;
    unsigned char bytes[MOST];
    fill(bytes);
    for (size_t count = 1; count < 70; count++) {
        uint64_t hash = gd_hash(bytes, count, 0);
        assert_true(gd_hash(bytes, count, 1) != hash);
        assert_true(gd_hash(bytes, count - 1, 0) != hash);
        for (size_t bit = 0; bit < 8 * count; bit++) {
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
            assert_true(gd_hash(bytes, count, 0) != hash);
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_xxh64),
        cmocka_unit_test(parts_come_to_the_hash_of_the_whole),
        cmocka_unit_test(every_bit_length_and_seed_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
