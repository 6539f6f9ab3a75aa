#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdmpi/crc32c.h"

/* RFC 3720, B.4, where the bytes of a checksum stand in their order on the wire, the lowest first;
 * and the usual check of "123456789". */
static void known_vectors(void **state) {
    (void)state;
    uint8_t bytes[32];
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(gd_crc32c(0, bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(gd_crc32c(0, bytes, sizeof bytes), 0x62a8ab43);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    assert_int_equal(gd_crc32c(0, bytes, sizeof bytes), 0x46dd794e);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(sizeof bytes - 1 - i);
    }
    assert_int_equal(gd_crc32c(0, bytes, sizeof bytes), 0x113fdb5c);
    assert_int_equal(gd_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(gd_crc32c(0, "", 0), 0);
}

/* An iSCSI command, as there. */
static void a_command(void **state) {
    (void)state;
    static const uint8_t command[48] = {
        [0] = 0x01,  [1] = 0xc0,  [16] = 0x14, [22] = 0x04,
        [27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02,
    };
    assert_int_equal(gd_crc32c(0, command, sizeof command), 0xd9963a56);
}

static void parts_are_as_the_whole(void **state) {
    (void)state;
    const char text[] = "the quick brown fox jumps over the lazy dog";
    for (size_t cut = 0; cut < sizeof text; cut++) {
        uint32_t first = gd_crc32c(0, text, cut);
        assert_int_equal(gd_crc32c(first, text + cut, sizeof text - cut),
                         gd_crc32c(0, text, sizeof text));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_vectors),
        cmocka_unit_test(a_command),
        cmocka_unit_test(parts_are_as_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
