/* CRC-32C, the checksum of iSCSI (RFC 3720, section 12.1) and of event files. */
#ifndef GDMPI_CRC32C_H
#define GDMPI_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of data behind others, whose checksum is `before`; 0: there are none. Not collective. */
uint32_t gd_crc32c(uint32_t before, const void *data, size_t bytes);

#endif
