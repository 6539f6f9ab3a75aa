#include "gdmpi/crc32c.h"

/* Bit by bit, the lowest first: what it is for is short. */
uint32_t gd_crc32c(uint32_t before, const void *data, size_t bytes) {
    static const uint32_t polynomial = 0x82f63b78; /* 0x1edc6f41, its bits reversed */
    const unsigned char *at = data;
    uint32_t crc = ~before;
    for (size_t i = 0; i < bytes; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? polynomial : 0);
        }
    }
    return ~crc;
}
