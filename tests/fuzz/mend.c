#include <stdbool.h>
#include <string.h>

#include "fuzz.h"

static uint32_t turn(uint32_t value, int bits) {
    return value << bits | value >> (32 - bits);
}

static uint32_t word(const uint8_t *bytes, size_t count) {
    uint32_t sum = 0;
    for (size_t i = 0; i < count && i < 4; i++) {
        sum |= (uint32_t)bytes[i] << 8 * i;
    }
    return sum;
}

/* The checksum of HDF5's metadata: lookup3 (R. Jenkins, http://burtleburtle.net/bob/c/lookup3.c).
 */
static uint32_t lookup3(const uint8_t *bytes, size_t count) {
    uint32_t a = 0xdeadbeef + (uint32_t)count, b = a, c = a;
    for (; count > 12; bytes += 12, count -= 12) {
        a += word(bytes, 4), b += word(bytes + 4, 4), c += word(bytes + 8, 4);
        a -= c, a ^= turn(c, 4), c += b;
        b -= a, b ^= turn(a, 6), a += c;
        c -= b, c ^= turn(b, 8), b += a;
        a -= c, a ^= turn(c, 16), c += b;
        b -= a, b ^= turn(a, 19), a += c;
        c -= b, c ^= turn(b, 4), b += a;
    }
    if (count == 0) {
        return c;
    }
    a += word(bytes, count);
    b += count > 4 ? word(bytes + 4, count - 4) : 0;
    c += count > 8 ? word(bytes + 8, count - 8) : 0;
    c ^= b, c -= turn(b, 14);
    a ^= c, a -= turn(c, 11);
    b ^= a, b -= turn(a, 25);
    c ^= b, c -= turn(b, 16);
    a ^= c, a -= turn(c, 4);
    b ^= a, b -= turn(a, 14);
    c ^= b, c -= turn(b, 24);
    return c;
}

/* An object header, version 2: its size is in it (HDF5 File Format Specification, IV.A.1.b). */
static size_t header_size(const uint8_t *bytes, size_t count) {
    if (count < 12) {
        return 0;
    }
    uint8_t flags = bytes[5];
    size_t width = (size_t)1 << (flags & 3);
    size_t place = 6 + ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0);
    if (width > 4 || place + width > count) {
        return 0;
    }
    return place + width + word(bytes + place, width);
}

/* Whether these bytes follow those that a checksum is of: known by what stood there before. */
static void mend(uint8_t *bytes, size_t size, size_t count) {
    if (size > 0 && size + 4 <= count) {
        uint32_t sum = lookup3(bytes, size);
        for (int i = 0; i < 4; i++) {
            bytes[size + (size_t)i] = (uint8_t)(sum >> 8 * i);
        }
    }
}

void mend_checksums(uint8_t *bytes, size_t count) {
    for (size_t i = 0; i + 8 <= count; i++) {
        size_t left = count - i;
        if (memcmp(bytes + i, "OHDR", 4) == 0) {
            mend(bytes + i, header_size(bytes + i, left), left);
        }
    }
    if (count >= 48 && memcmp(bytes, "\x89HDF", 4) == 0 && bytes[8] >= 2) {
        mend(bytes, 44, count);
    }
}
