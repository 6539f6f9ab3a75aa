#include <stdio.h>
#include <string.h>

#include "diff_private.h"
#include "gdmpi/command.h"
#include "gdmpi/store.h"
#include "gdmpi/text.h"

static void print_text(const char *key, const char *a, const char *b) {
    if (strcmp(a, b) != 0) {
        printf("  %-20s %s | %s\n", key, a, b);
    }
}

static void print_integer(const char *key, int64_t a, int64_t b) {
    if (a != b) {
        printf("  %-20s %lld | %lld\n", key, (long long)a, (long long)b);
    }
}

static void print_number(const char *key, double a, double b) {
    char a_text[32], b_text[32];
    print_text(key, gd_text_number(a, a_text), gd_text_number(b, b_text));
}

static void print_digest(const char *key, uint64_t a, uint64_t b) {
    char a_text[17], b_text[17];
    print_text(key, gd_checkpoint_digest_text(a, a_text), gd_checkpoint_digest_text(b, b_text));
}

static void print_progress(const gd_progress *a, const gd_progress *b) {
    for (const gd_checkpoint_field *field = gd_checkpoint_fields; field->key != NULL; field++) {
        const char *a_at = (const char *)a + field->offset, *b_at = (const char *)b + field->offset;
        if (field->whole) {
            print_integer(field->key, *(const int64_t *)a_at, *(const int64_t *)b_at);
        } else {
            print_number(field->key, *(const double *)a_at, *(const double *)b_at);
        }
    }
}

/* What differs in what the two say of themselves. */
static void print_headers(const gd_checkpoint_header *a, const gd_checkpoint_header *b) {
    print_text("precision", gd_type_name(a->type), gd_type_name(b->type));
    if (a->type != b->type) {
        printf("                       (all numbers are compared as float64)\n");
    }
    print_digest("digest", a->digest, b->digest);
    print_integer("inputs", a->inputs, b->inputs);
    print_integer("shards", a->shards, b->shards);
    print_integer("train_rows", a->train_rows, b->train_rows);
    print_integer("val_rows", a->val_rows, b->val_rows);
    print_digest("train_digest", a->train_digest, b->train_digest);
    print_digest("val_digest", a->val_digest, b->val_digest);
    print_progress(&a->progress, &b->progress);
    gd_diff_config(a->config, b->config);
}

typedef struct pair {
    const char *a, *b;
} pair;

static gd_status compare(const pair *pair, gd_diff_count *found) {
    gd_checkpoint_header a = {0}, b = {0};
    gd_status status = gd_checkpoint_read_header(pair->a, &a);
    if (status == GD_OK) {
        status = gd_checkpoint_read_header(pair->b, &b);
    }
    if (status == GD_OK) {
        printf("%s | %s\n", pair->a, pair->b);
        print_headers(&a, &b);
        status = gd_diff_tensors(pair->a, pair->b, found);
    }
    gd_checkpoint_header_free(&a);
    gd_checkpoint_header_free(&b);
    return status;
}

/* For gd_store_guard. As diff and cmp do: 0 is the same, 1 is different, and 2 is trouble of any
 * kind. */
static gd_status tell(void *context) {
    const pair *files = context;
    gd_diff_count found = {0};
    gd_status trouble = compare(files, &found), status = GD_OK;
    if (trouble != GD_OK) {
        status = gd_status_new(GD_BAD_INPUT, "%s", gd_status_message(trouble));
        gd_status_free(&trouble);
    } else if (found.different > 0) {
        status = gd_status_new(GD_FAILED, "%s and %s differ in %lld of %lld tensor%s", files->a,
                               files->b, (long long)found.different, (long long)found.all,
                               gd_text_plural(found.all));
    } else {
        printf("the same numbers in all %lld tensor%s\n", (long long)found.all,
               gd_text_plural(found.all));
    }
    fflush(stdout);
    return status;
}

static gd_status diff(gd_comm *comm, int count, char **arguments) {
    if (count != 2) {
        return gd_command_misuse(&gd_command_diff, "two checkpoints are compared");
    }
    pair files = {arguments[0], arguments[1]};
    bool root = gd_comm_rank(comm) == 0;
    return gd_comm_agree(comm, root ? gd_store_guard(files.a, tell, &files) : GD_OK);
}

const gd_command gd_command_diff = {
    .name = "diff",
    .usage = "A.h5 B.h5",
    .help = "compare two checkpoints, number by number; ends with 0 if all are the same, else 1",
    .run = diff,
};
