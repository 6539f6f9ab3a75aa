#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/text.h"
#include "store_private.h"

/* What fits into an object header, where it is covered by the header's checksum. */
static const size_t text_most = 64000;

static gd_status set(gd_store *store, const char *object, const char *key, hid_t file_type,
                     hid_t memory_type, const void *value) {
    hid_t owner = H5I_INVALID_HID, space = H5I_INVALID_HID, attribute = H5I_INVALID_HID;
    gd_status status = gd_store_object(store, "object", object, &owner);
    if (status != GD_OK) {
        return status;
    }
    space = H5Screate(H5S_SCALAR);
    if (space >= 0) {
        attribute = H5Acreate2(owner, key, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
    }
    if (attribute < 0 || H5Awrite(attribute, memory_type, value) < 0) {
        status = gd_store_fail(store, "write an attribute of", object);
    }
    if (attribute >= 0 && H5Aclose(attribute) < 0 && status == GD_OK) {
        status = gd_store_fail(store, "write an attribute of", object);
    }
    gd_store_drop(space);
    gd_store_drop(owner);
    return status;
}

gd_status gd_store_set_text(gd_store *store, const char *object, const char *key,
                            const char *value) {
    size_t size = strlen(value) + 1;
    if (size > text_most) {
        return gd_status_new(GD_FAILED, "%s: attribute %s of %s is too long: %zu bytes, of %zu",
                             store->path, key, object, size, text_most);
    }
    return gd_store_set_lines(store, object, key, value);
}

gd_status gd_store_set_lines(gd_store *store, const char *object, const char *key,
                             const char *value) {
    size_t size = strlen(value) + 1;
    gd_status status = GD_OK;
    /* Of fixed length: texts of variable length lie in a heap of the file that has no checksum. */
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0 || H5Tset_size(type, size) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0) {
        status = gd_store_fail(store, "describe an attribute of", object);
    } else {
        status = set(store, object, key, type, type, value);
    }
    gd_store_drop(type);
    return status;
}

gd_status gd_store_set_integer(gd_store *store, const char *object, const char *key,
                               int64_t value) {
    return set(store, object, key, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

gd_status gd_store_set_number(gd_store *store, const char *object, const char *key, double value) {
    return set(store, object, key, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

typedef struct attribute {
    hid_t id, type;
} attribute;

static void attribute_close(attribute *from) {
    gd_store_drop(from->type);
    gd_store_drop(from->id);
}

static gd_status ill_typed(const gd_store *store, const char *object, const char *key,
                           const char *wanted) {
    return gd_status_new(GD_BAD_INPUT, "%s: attribute %s of %s is not %s", store->path, key, object,
                         wanted);
}

/* Opens an attribute that has one element; `wanted` is for the message if it has not. */
static gd_status attribute_open(const gd_store *store, const char *object, const char *key,
                                const char *wanted, attribute *from) {
    *from = (attribute){H5I_INVALID_HID, H5I_INVALID_HID};
    hid_t owner = H5I_INVALID_HID, space = H5I_INVALID_HID;
    gd_status status = gd_store_object(store, "object", object, &owner);
    if (status != GD_OK) {
        return status;
    }
    htri_t there = H5Aexists(owner, key);
    if (there == 0) {
        status =
            gd_status_new(GD_BAD_INPUT, "%s: %s has no attribute %s", store->path, object, key);
        goto done;
    }
    from->id = there > 0 ? H5Aopen(owner, key, H5P_DEFAULT) : H5I_INVALID_HID;
    if (from->id >= 0) {
        from->type = H5Aget_type(from->id);
        space = from->type < 0 ? H5I_INVALID_HID : H5Aget_space(from->id);
    }
    hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    if (count < 0) {
        status = gd_store_fail(store, "read an attribute of", object);
    } else if (count != 1) {
        status = ill_typed(store, object, key, wanted);
    }
done:
    gd_store_drop(space);
    gd_store_drop(owner);
    return status;
}

/* Reads a text whose length the file varies, which the library allocates. */
static gd_status read_varying(const gd_store *store, const char *object, const attribute *from,
                              char **value) {
    char *text = NULL;
    if (H5Aread(from->id, from->type, &text) < 0) {
        return gd_store_fail(store, "read an attribute of", object);
    }
    size_t size = text == NULL ? 0 : strlen(text);
    gd_status status = gd_memory_new(value, size + 1, 1, "an attribute");
    if (status == GD_OK && size > 0) {
        memcpy(*value, text, size);
    }
    if (text != NULL && H5free_memory(text) < 0 && status == GD_OK) {
        status = gd_store_fail(store, "read an attribute of", object);
    }
    return status;
}

static gd_status read_fixed(const gd_store *store, const char *object, const attribute *from,
                            char **value) {
    size_t size = H5Tget_size(from->type);
    H5T_str_t padding = size > 0 ? H5Tget_strpad(from->type) : H5T_STR_ERROR;
    if (padding == H5T_STR_ERROR) {
        return gd_store_fail(store, "read an attribute of", object);
    }
    int64_t file;
    gd_status status = gd_store_size(store, &file);
    if (status != GD_OK) {
        return status;
    }
    if ((int64_t)size > file) {
        return gd_status_new(GD_BAD_INPUT, "%s: an attribute of %s is larger than the file",
                             store->path, object);
    }
    status = gd_memory_new(value, size + 1, 1, "an attribute");
    if (status != GD_OK) {
        return status;
    }
    if (H5Aread(from->id, from->type, *value) < 0) {
        return gd_store_fail(store, "read an attribute of", object);
    }
    if (padding == H5T_STR_SPACEPAD) {
        for (; size > 0 && (*value)[size - 1] == ' '; size--) {
            (*value)[size - 1] = '\0';
        }
    }
    return GD_OK;
}

gd_status gd_store_get_text(const gd_store *store, const char *object, const char *key,
                            char **value) {
    attribute from;
    *value = NULL;
    gd_status status = attribute_open(store, object, key, "one text", &from);
    if (status != GD_OK) {
        goto done;
    }
    H5T_class_t class = H5Tget_class(from.type);
    htri_t varies = class == H5T_STRING ? H5Tis_variable_str(from.type) : 0;
    if (class == H5T_NO_CLASS || varies < 0) {
        status = gd_store_fail(store, "read an attribute of", object);
    } else if (class != H5T_STRING) {
        status = ill_typed(store, object, key, "a text");
    } else if (varies > 0) {
        status = read_varying(store, object, &from, value);
    } else {
        status = read_fixed(store, object, &from, value);
    }
    if (status != GD_OK) {
        gd_memory_free(value);
    }
done:
    attribute_close(&from);
    return status;
}

gd_status gd_store_get_lines(const gd_store *store, const char *object, const char *key,
                             char **lines) {
    gd_status status = gd_store_get_text(store, object, key, lines);
    if (gd_status_code(status) == GD_BAD_INPUT) {
        gd_status_free(&status);
    }
    if (*lines != NULL) {
        gd_text_make_printable(*lines, "\n");
    }
    return status;
}

gd_status gd_store_get_integer(const gd_store *store, const char *object, const char *key,
                               int64_t *value) {
    attribute from;
    gd_status status = attribute_open(store, object, key, "one whole number", &from);
    H5T_class_t class = status == GD_OK ? H5Tget_class(from.type) : H5T_NO_CLASS;
    if (status == GD_OK && class != H5T_INTEGER && class != H5T_NO_CLASS) {
        status = ill_typed(store, object, key, "a whole number");
    }
    if (status == GD_OK &&
        (class == H5T_NO_CLASS || H5Aread(from.id, H5T_NATIVE_INT64, value) < 0)) {
        status = gd_store_fail(store, "read an attribute of", object);
    }
    attribute_close(&from);
    return status;
}

gd_status gd_store_get_number(const gd_store *store, const char *object, const char *key,
                              double *value) {
    attribute from;
    gd_type nearest;
    gd_status status = attribute_open(store, object, key, "one number", &from);
    htri_t number = status == GD_OK ? gd_store_nearest_type(from.type, &nearest) : -1;
    if (status == GD_OK && number == 0) {
        status = ill_typed(store, object, key, "a number");
    }
    if (status == GD_OK && (number < 0 || H5Aread(from.id, H5T_NATIVE_DOUBLE, value) < 0)) {
        status = gd_store_fail(store, "read an attribute of", object);
    }
    attribute_close(&from);
    return status;
}
