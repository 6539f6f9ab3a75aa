#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "checkpoint_support.h"
#include "gdmpi/checkpoint.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/seal.h"

/* HDF5 itself loses memory when it meets damaged metadata; AddressSanitizer asks here what to
 * overlook. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libhdf5\n";
}

static bool is_gap(int i) {
    return (i >= 21 && i < 32) || i >= 35;
}

static void fill(double *vector, double unit) {
    for (int i = 0; i < SIZE; i++) {
        vector[i] = is_gap(i) ? 0 : unit / (1 + i);
    }
}

/* Every field has a value of its own. */
static gd_checkpoint_header sample_header(void) {
    return (gd_checkpoint_header){.type = GD_FLOAT64,
                                  .inputs = 7,
                                  .shards = 5,
                                  .train_rows = 203,
                                  .val_rows = 61,
                                  .train_digest = 1,
                                  .val_digest = UINT64_MAX,
                                  .config = "[model]\nlayers = dense 3\n",
                                  .progress = {.step = 1234,
                                               .epoch = 6,
                                               .epoch_step = 34,
                                               .epoch_rows = INT64_MAX,
                                               .epoch_loss = 0.1,
                                               .epoch_seconds = 5e-324,
                                               .seconds = 1.7976931348623157e308,
                                               .grad_norm = INFINITY,
                                               .train_loss = NAN,
                                               .val_loss = -INFINITY,
                                               .val_metric = -0.0,
                                               .stop_value = 0.4,
                                               .best_value = 1.0 / 3,
                                               .best_epoch = INT64_MIN,
                                               .best_step = -1,
                                               .plateau = {-1.0 / 7, 3, INT64_MAX, 5},
                                               .curves = {6, 0.7, 0.6, 0.5, 0.25, 4, -2, INT64_MIN,
                                                          NAN, INFINITY, 7, -0.125, 8},
                                               .log_bytes = (int64_t)1 << 53 | 1,
                                               .log_extra = 77}};
}

static gd_status write_vectors(gd_checkpoint *checkpoint) {
    double vector[SIZE];
    fill(vector, 1);
    gd_status status = gd_checkpoint_add(checkpoint, "/params", &tensors, GD_FLOAT64, vector);
    if (status == GD_OK) {
        fill(vector, -3);
        status = gd_checkpoint_add(checkpoint, "/optimizer/exp_avg", &tensors, GD_FLOAT64, vector);
    }
    return status;
}

static gd_status write_sample(const char *path, gd_checkpoint_header header) {
    double vector[SIZE];
    gd_checkpoint *checkpoint;
    fill(vector, 1);
    header.digest = gd_checkpoint_digest(vector, GD_FLOAT64, SIZE);
    gd_status status = gd_checkpoint_create(path, &header, &checkpoint);
    if (status == GD_OK) {
        status = write_vectors(checkpoint);
    }
    if (status == GD_OK) {
        return gd_checkpoint_commit(&checkpoint);
    }
    gd_checkpoint_abandon(&checkpoint);
    return status;
}

static bool same_header(const gd_checkpoint_header *a, const gd_checkpoint_header *b) {
    return a->type == b->type && a->inputs == b->inputs && a->shards == b->shards &&
           a->train_rows == b->train_rows && a->val_rows == b->val_rows &&
           a->train_digest == b->train_digest && a->val_digest == b->val_digest &&
           strcmp(a->config, b->config) == 0 &&
           memcmp(&a->progress, &b->progress, sizeof a->progress) == 0;
}

static void comes_back(gd_checkpoint_header header) {
    gd_checkpoint_header again;
    expect_ok(write_sample("sample.h5", header));
    expect_ok(gd_checkpoint_read_header("sample.h5", &again));
    assert_true(same_header(&header, &again));
    gd_checkpoint_header_free(&again);
    assert_null(again.config);
}

static void every_field_of_the_header_comes_back(void **state) {
    (void)state;
    gd_checkpoint_header header = sample_header();
    comes_back(header);
    header.type = GD_FLOAT32;
    comes_back(header);
    header.config = "";
    comes_back(header);
    header.config = "# \xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82 = \"\\\t\n";
    comes_back(header);
}

static void the_names_of_classes_come_back(void **state) {
    (void)state;
    char *classes;
    gd_text many = {0};
    gd_checkpoint_header header = sample_header();
    comes_back(header);
    expect_ok(gd_checkpoint_read_classes("sample.h5", &classes));
    assert_null(classes);
    header.classes = "no\ny\u00e9s";
    comes_back(header);
    expect_ok(gd_checkpoint_read_classes("sample.h5", &classes));
    assert_string_equal(classes, header.classes);
    gd_memory_free(&classes);
    for (int i = 0; i < 1 << 16; i++) {
        gd_text_add(&many, "%sclass %d", i == 0 ? "" : "\n", i);
    }
    header.classes = gd_text_bytes(&many);
    comes_back(header);
    expect_ok(gd_checkpoint_read_classes("sample.h5", &classes));
    assert_string_equal(classes, header.classes);
    gd_memory_free(&classes);
    gd_text_free(&many);
}

static void a_config_may_be_long(void **state) {
    (void)state;
    enum { LENGTH = 3 << 20 };
    gd_checkpoint_header header = sample_header();
    expect_ok(gd_memory_new(&header.config, LENGTH + 1, 1, "a config"));
    for (int i = 0; i < LENGTH; i++) {
        header.config[i] = (char)(' ' + i % 91);
    }
    comes_back(header);
    header.config[(1 << 16) + 5] = '\0';
    comes_back(header);
    gd_memory_free(&header.config);
}

static void vectors_come_back_and_gaps_are_left_alone(void **state) {
    (void)state;
    static const char *const groups[] = {"/params", "/optimizer/exp_avg"};
    expect_ok(write_sample("sample.h5", sample_header()));
    for (int group = 0; group < 2; group++) {
        double wanted[SIZE], vector[SIZE];
        float single[SIZE];
        fill(wanted, group == 0 ? 1 : -3);
        for (int i = 0; i < SIZE; i++) {
            vector[i] = single[i] = 77;
        }
        expect_ok(gd_checkpoint_read("sample.h5", groups[group], &tensors, GD_FLOAT64, vector));
        expect_ok(gd_checkpoint_read("sample.h5", groups[group], &tensors, GD_FLOAT32, single));
        for (int i = 0; i < SIZE; i++) {
            assert_true(vector[i] == (is_gap(i) ? 77 : wanted[i]));
            assert_true(single[i] == (is_gap(i) ? 77 : (float)wanted[i]));
        }
    }
}

static void single_precision_is_exact_in_double(void **state) {
    (void)state;
    float vector[SIZE];
    double again[SIZE] = {0};
    gd_checkpoint_header header = sample_header();
    gd_checkpoint *checkpoint;
    header.type = GD_FLOAT32;
    for (int i = 0; i < SIZE; i++) {
        vector[i] = is_gap(i) ? 0 : 1.0F / (float)(1 + i);
    }
    expect_ok(gd_checkpoint_create("single.h5", &header, &checkpoint));
    expect_ok(gd_checkpoint_add(checkpoint, "/params", &tensors, GD_FLOAT32, vector));
    expect_ok(gd_checkpoint_commit(&checkpoint));
    assert_null(checkpoint);
    expect_ok(gd_checkpoint_read("single.h5", "/params", &tensors, GD_FLOAT64, again));
    for (int i = 0; i < SIZE; i++) {
        assert_true(again[i] == (double)vector[i]);
    }
}

/* One bit of the vector, or two that a plain sum of products would not tell from none. */
static void the_digest_tells_vectors_apart(void **state) {
    (void)state;
    double vector[SIZE], other[SIZE];
    fill(vector, 1);
    uint64_t digest = gd_checkpoint_digest(vector, GD_FLOAT64, SIZE);
    for (size_t bit = 0; bit < 8 * sizeof vector; bit++) {
        memcpy(other, vector, sizeof other);
        ((unsigned char *)other)[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_true(gd_checkpoint_digest(other, GD_FLOAT64, SIZE) != digest);
    }
    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < i; j++) {
            memcpy(other, vector, sizeof other);
            other[i] = -other[i];
            other[j] = -other[j];
            assert_true(gd_checkpoint_digest(other, GD_FLOAT64, SIZE) != digest);
        }
    }
    fill(other, 1);
    assert_true(gd_checkpoint_digest(other, GD_FLOAT64, SIZE) == digest);
    assert_true(gd_checkpoint_digest(other, GD_FLOAT32, SIZE) != digest);
}

static void a_tensor_that_does_not_fit_is_named(void **state) {
    (void)state;
    double vector[SIZE];
    gd_tensor list[2];
    gd_tensors wanted = {.list = list, .count = 2, .size = SIZE};
    expect_ok(write_sample("sample.h5", sample_header()));
    memcpy(list, tensors.list, sizeof list);
    list[0].dims[1] = 8;
    expect_error(gd_checkpoint_read("sample.h5", "/params", &wanted, GD_FLOAT64, vector),
                 GD_BAD_INPUT, "sample.h5: /params/0.weight is [3, 7]; this model needs [3, 8]");
    memcpy(list, tensors.list, sizeof list);
    list[1].dims[0] = 4;
    expect_error(gd_checkpoint_read("sample.h5", "/params", &wanted, GD_FLOAT64, vector),
                 GD_BAD_INPUT, "sample.h5: /params/0.bias is [3]; this model needs [4]");
    list[1].rank = 2;
    list[1].dims[0] = 3;
    list[1].dims[1] = 1;
    expect_error(gd_checkpoint_read("sample.h5", "/params", &wanted, GD_FLOAT64, vector),
                 GD_BAD_INPUT, "/params/0.bias is [3]; this model needs [3, 1]");
    memcpy(list, tensors.list, sizeof list);
    snprintf(list[1].name, sizeof list[1].name, "1.bias");
    expect_error(gd_checkpoint_read("sample.h5", "/params", &wanted, GD_FLOAT64, vector),
                 GD_BAD_INPUT,
                 "sample.h5: no data set /params/1.bias; /params holds 0.bias, 0.weight");
    expect_error(gd_checkpoint_read("sample.h5", "/optimizer/buf", &tensors, GD_FLOAT64, vector),
                 GD_BAD_INPUT, "/optimizer holds exp_avg");
    expect_error(gd_checkpoint_read("none.h5", "/params", &tensors, GD_FLOAT64, vector),
                 GD_BAD_INPUT, "none.h5: no such file");
}

/* A sealed file that says of itself what the arguments say; NULL: nothing. */
static void write_foreign(const char *precision, const char *digest) {
    gd_store *store;
    expect_ok(gd_store_create_behind("foreign.h5", GD_SEAL_BYTES, &store));
    if (precision != NULL) {
        expect_ok(gd_store_set_text(store, "/", "precision", precision));
    }
    if (digest != NULL) {
        expect_ok(gd_store_set_text(store, "/", "digest", digest));
    }
    expect_ok(gd_store_close(&store));
    expect_ok(gd_seal_write("foreign.h5"));
}

static void is_refused(const char *path, const char *words) {
    gd_checkpoint_header header;
    expect_error(gd_checkpoint_read_header(path, &header), GD_BAD_INPUT, words);
    assert_null(header.config);
}

static void what_is_no_checkpoint_is_told_apart(void **state) {
    (void)state;
    static const char other[] = "gdmpi checkpoint 2, 96 bytes, checksum of another kind\n";
    gd_store *store;
    expect_ok(gd_file_write("text.h5", "text", 4));
    expect_ok(gd_file_write("other.h5", other, strlen(other)));
    expect_ok(gd_store_create("data.h5", &store));
    expect_ok(gd_store_close(&store));
    is_refused("missing.h5", "missing.h5: no such file");
    is_refused(".", ".: is not a file");
    is_refused("text.h5", "text.h5: is not a gdmpi checkpoint");
    is_refused("data.h5", "data.h5: is not a gdmpi checkpoint but another HDF5 file; a run's "
                          "model.h5 or one of its checkpoints is needed");
    is_refused("other.h5", "other.h5: is a checkpoint of format version 2; this program reads 4");
    write_foreign(NULL, NULL);
    is_refused("foreign.h5", "foreign.h5: / has no attribute precision");
    write_foreign("float16", NULL);
    is_refused("foreign.h5", "foreign.h5: unknown precision 'float16'");
    write_foreign("float64", "0123456789abcde");
    is_refused("foreign.h5", "foreign.h5: its digest is not 16 hexadecimal digits");
    write_foreign("float64", "0123456789abcdex");
    is_refused("foreign.h5", "foreign.h5: its digest is not 16 hexadecimal digits");
    write_foreign("float64", "0123456789abcdef");
    is_refused("foreign.h5", "foreign.h5: no data set /state/config");
}

static size_t files_in(const char *path) {
    gd_folder names;
    expect_ok(gd_folder_list(path, "", "", &names));
    size_t count = names.count - 2; /* . and .. */
    gd_folder_free(&names);
    return count;
}

static void a_checkpoint_appears_whole_or_not_at_all(void **state) {
    (void)state;
    gd_checkpoint_header header = sample_header(), again;
    gd_checkpoint *checkpoint;
    assert_int_equal(mkdir("folder", 0777), 0);
    expect_ok(gd_checkpoint_create("folder/a.h5", &header, &checkpoint));
    assert_false(gd_file_exists("folder/a.h5"));
    expect_ok(write_vectors(checkpoint));
    assert_false(gd_file_exists("folder/a.h5"));
    gd_checkpoint_abandon(&checkpoint);
    assert_null(checkpoint);
    assert_int_equal(files_in("folder"), 0);
    gd_checkpoint_abandon(&checkpoint);
    expect_ok(gd_checkpoint_commit(&checkpoint));

    expect_ok(write_sample("folder/a.h5", header));
    assert_int_equal(files_in("folder"), 1);
    header.inputs = 70;
    expect_ok(gd_checkpoint_create("folder/a.h5", &header, &checkpoint));
    expect_ok(gd_checkpoint_read_header("folder/a.h5", &again));
    assert_int_equal(again.inputs, 7);
    gd_checkpoint_header_free(&again);
    expect_ok(gd_checkpoint_commit(&checkpoint));
    expect_ok(gd_checkpoint_read_header("folder/a.h5", &again));
    assert_int_equal(again.inputs, 70);
    gd_checkpoint_header_free(&again);
    assert_int_equal(files_in("folder"), 1);
}

static void a_failure_leaves_no_file(void **state) {
    (void)state;
    gd_checkpoint_header header = sample_header();
    gd_checkpoint *checkpoint;
    expect_error(gd_checkpoint_create("nowhere/a.h5", &header, &checkpoint), GD_FAILED,
                 "nowhere/a.h5.tmp: cannot make this file");
    assert_null(checkpoint);

    assert_int_equal(mkdir("vanishing", 0777), 0);
    expect_ok(gd_checkpoint_create("vanishing/a.h5", &header, &checkpoint));
    expect_ok(write_vectors(checkpoint));
    assert_int_equal(unlink("vanishing/a.h5.tmp"), 0);
    assert_int_equal(rmdir("vanishing"), 0);
    expect_error(gd_checkpoint_commit(&checkpoint), GD_FAILED, "vanishing/a.h5");
    assert_null(checkpoint);

    /* What is in the way is a folder that holds something. */
    assert_int_equal(mkdir("taken", 0777), 0);
    assert_int_equal(mkdir("taken/a.h5", 0777), 0);
    assert_int_equal(mkdir("taken/a.h5/more", 0777), 0);
    expect_error(write_sample("taken/a.h5", header), GD_FAILED, "taken/a.h5");
    assert_int_equal(files_in("taken"), 1);

    assert_int_equal(mkdir("twice", 0777), 0);
    expect_ok(gd_checkpoint_create("twice/a.h5", &header, &checkpoint));
    expect_ok(write_vectors(checkpoint));
    expect_error(write_vectors(checkpoint), GD_FAILED, "twice/a.h5.tmp: cannot make data set");
    gd_checkpoint_abandon(&checkpoint);
    assert_int_equal(files_in("twice"), 0);
}

/* In a process that may write `most` bytes to a file: whether the failure is told. */
static bool told_when_limited(rlim_t most) {
    const struct rlimit limit = {most, most};
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        return false;
    }
    gd_status status = write_sample("full/a.h5", sample_header());
    bool told = gd_status_code(status) == GD_FAILED;
    gd_status_free(&status);
    return told;
}

static void a_full_disk_leaves_no_file(void **state) {
    (void)state;
    assert_int_equal(mkdir("full", 0777), 0);
    for (rlim_t most = 0; most < 4000; most += 500) {
        int how;
        assert_int_equal(fflush(NULL), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            _exit(told_when_limited(most) ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), 0);
        assert_int_equal(files_in("full"), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_the_header_comes_back),
        cmocka_unit_test(the_names_of_classes_come_back),
        cmocka_unit_test(a_config_may_be_long),
        cmocka_unit_test(vectors_come_back_and_gaps_are_left_alone),
        cmocka_unit_test(single_precision_is_exact_in_double),
        cmocka_unit_test(the_digest_tells_vectors_apart),
        cmocka_unit_test(a_tensor_that_does_not_fit_is_named),
        cmocka_unit_test(what_is_no_checkpoint_is_told_apart),
        cmocka_unit_test(a_checkpoint_appears_whole_or_not_at_all),
        cmocka_unit_test(a_failure_leaves_no_file),
        cmocka_unit_test(a_full_disk_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
