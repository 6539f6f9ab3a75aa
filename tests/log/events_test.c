#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/data_files.h"
#include "gdmpi/crc32c.h"
#include "gdmpi/events.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/text.h"

/* As protobuf 3.21 for Python writes the messages with the fields of TensorBoard's event.proto,
 * summary.proto and tensor.proto, each with its step, and with 0 for its time. */
#define TIME "\x09\0\0\0\0\0\0\0\0"
#define STEP(varint) "\x10" varint
#define TEXT_METADATA "J\x0a\x0a\x06\x0a\x04text \x02"

static const char version[] = TIME STEP("\0") "\x1a\x0d"
                                              "brain.Event:2";
static const char start[] = TIME STEP("\0") ":\x02\x08\x01";
static const char config[] = TIME STEP("\0") "**\x0a(\x0a\x06"
                                             "configB\x12\x08\x07"
                                             "B\x0e```\x0a[run]\x0a```\x0a" TEXT_METADATA;
static const char step[] = TIME STEP("\xac\x02") "*\x22\x0a\x10\x0a\x09step/loss\x15\xcd\xcc\xcc="
                                                 "\x0a\x0e\x0a\x07step/lr\x15w\xcc+2";
static const char epoch[] = TIME STEP("\xad\x02") "**\x0a\x17\x0a\x10"
                                                  "epoch/train_loss\x15\0\0 \xc0\x0a\x0f\x0a\x08"
                                                  "epoch/lr\x15\0\0\0\0";
static const char diagnosis[] = TIME STEP("\xad\x02") "*'\x0a%\x0a\x09"
                                                      "diagnosisB\x0c\x08\x07"
                                                      "B\x08try less" TEXT_METADATA;

static const char markdown[] = "```\n[run]\n```\n";

static const char start_line[] =
    "{\"event\": \"start\", \"program\": \"gdmpi\", \"parameters\": 3}\n";
static const char step_line[] =
    "{\"event\": \"step\", \"epoch\": 2, \"step\": 300, \"loss\": 0.1, \"lr\": 1e-8, "
    "\"grad_norm\": null, \"digest\": \"00000000000001e5\"}\n";
static const char save_line[] =
    "{\"event\": \"checkpoint\", \"epoch\": 2, \"step\": 301, \"file\": \"step-00000301.h5\"}\n";
static const char epoch_line[] =
    "{\"event\": \"epoch\", \"epoch\": 2, \"step\": 301, \"train_loss\": -2.5, \"val_loss\": null, "
    "\"val_confusion_matrix\": [[1, 2], [3, 4]], \"lr\": 0}\n";
static const char end_line[] = "{\"event\": \"end\", \"reason\": \"epochs\", \"epochs\": 2}\n";

enum { EVENTS = 16, HEAD = 12, TAIL = 4 };

/* What is in an event file. */
typedef struct content {
    char *bytes;
    size_t size;
    size_t count;
    struct {
        char *bytes;
        size_t count;
        double time;
    } event[EVENTS];
} content;

/* The last, before which there may be an empty one. */
static void path_of(const char *folder, char path[200]) {
    gd_folder names;
    expect_ok(gd_folder_list(folder, "events.out.tfevents.", "", &names));
    assert_in_range(names.count, 1, 2);
    snprintf(path, 200, "%s/%s", folder, names.name[names.count - 1]);
    gd_folder_free(&names);
}

static void expect_checksum(const char *bytes, size_t count) {
    uint32_t crc = gd_crc32c(0, bytes, count), found = 0;
    for (size_t i = TAIL; i-- > 0;) {
        found = found << 8 | (unsigned char)bytes[count + i];
    }
    assert_int_equal(found, (crc >> 15 | crc << 17) + 0xa282ead8);
}

/* Reads the event file of a folder; each time becomes 0 in its place. */
static void read_events(const char *folder, content *content) {
    char path[200];
    path_of(folder, path);
    *content = (struct content){0};
    expect_ok(gd_file_read(path, &content->bytes, &content->size));
    for (size_t at = 0; at < content->size; content->count++) {
        size_t length = (unsigned char)content->bytes[at];
        char *event = content->bytes + at + HEAD;
        assert_true(content->count < EVENTS && length > 9 && length < 128);
        assert_memory_equal(content->bytes + at + 1, "\0\0\0\0\0\0\0", 7);
        assert_true(at + HEAD + length + TAIL <= content->size);
        expect_checksum(content->bytes + at, 8);
        expect_checksum(event, length);
        memcpy(&content->event[content->count].time, event + 1, 8);
        memset(event + 1, 0, 8);
        content->event[content->count].bytes = event;
        content->event[content->count].count = length;
        at += HEAD + length + TAIL;
    }
}

#define EXPECT_EVENT(content, index, wanted)                                                       \
    do {                                                                                           \
        assert_int_equal((content)->event[index].count, sizeof(wanted) - 1);                       \
        assert_memory_equal((content)->event[index].bytes, wanted, sizeof(wanted) - 1);            \
    } while (0)

static void write_log(const char *lines) {
    expect_ok(gd_file_write("log", lines, strlen(lines)));
}

static gd_events *open_in(const char *folder, const char *log) {
    gd_events *events;
    write_log(log);
    expect_ok(gd_folder_make(folder));
    expect_ok(gd_events_open(folder, "log", markdown, &events));
    return events;
}

/* From the log, and as lines are added. */
static void only_numbers_of_steps_and_epochs_are_told(void **state) {
    (void)state;
    static const char *const lines[] = {start_line, step_line, save_line, epoch_line, end_line};
    for (size_t logged = 0; logged <= 5; logged++) {
        gd_text log = {0};
        content content;
        for (size_t i = 0; i < logged; i++) {
            gd_text_add(&log, "%s", lines[i]);
        }
        gd_events *events = open_in("told", gd_text_bytes(&log));
        for (size_t i = logged; i < 5; i++) {
            expect_ok(gd_events_add(events, lines[i]));
        }
        expect_ok(gd_events_text(events, 301, "diagnosis", "try less"));
        read_events("told", &content);
        assert_int_equal(content.count, 6);
        EXPECT_EVENT(&content, 0, version);
        EXPECT_EVENT(&content, 1, start);
        EXPECT_EVENT(&content, 2, config);
        EXPECT_EVENT(&content, 3, step);
        EXPECT_EVENT(&content, 4, epoch);
        EXPECT_EVENT(&content, 5, diagnosis);
        expect_ok(gd_events_close(&events));
        assert_null(events);
        gd_memory_free(&content.bytes);
        gd_text_free(&log);
    }
}

/* Lines that gdmpi never wrote make no event, or one of what can be read. */
static void a_damaged_log_does_no_harm(void **state) {
    (void)state;
    static const char *const damaged[] = {
        "\n", "{\"event\": \"step\", \"epoch\": 2, \"step\": \n",
        "{\"event\": \"step\", \"epoch\": 2, \"step\": x, \"a\": 1}\n",
        "{\"event\": \"stepstepstep\", \"epoch\": 2, \"step\": 3}\n", "\x01\xff\n"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        content content;
        gd_events *events = open_in("damaged", damaged[i]);
        expect_ok(gd_events_close(&events));
        read_events("damaged", &content);
        assert_int_equal(content.count, 3);
        gd_memory_free(&content.bytes);
    }
    content content;
    gd_events *events =
        open_in("damaged", "{\"event\": \"step\", \"epoch\": 2, \"step\": 300, "
                           "\"loss\": 0.1, \"\", \"x\": -, \"y\": 1e999, \"lr\": 1e-8, \"cut\n"
                           "no end of a line");
    expect_ok(gd_events_close(&events));
    read_events("damaged", &content);
    assert_int_equal(content.count, 4);
    EXPECT_EVENT(&content, 3, step);
    gd_memory_free(&content.bytes);
}

static void copy_events(const char *from, const char *to, size_t count) {
    char path[200], *bytes;
    size_t size;
    path_of(from, path);
    expect_ok(gd_file_read(path, &bytes, &size));
    assert_true(count <= size);
    expect_ok(gd_events_clear(to));
    snprintf(path, sizeof path, "%s/events.out.tfevents.0000000001.gdmpi", to);
    expect_ok(gd_file_write(path, bytes, count));
    gd_memory_free(&bytes);
}

/* The last whole event of an earlier file of `count` bytes. */
static size_t whole_events(const content *content, size_t count) {
    size_t whole = 0;
    while (whole < content->count &&
           content->event[whole].bytes - content->bytes + content->event[whole].count + TAIL <=
               count) {
        whole++;
    }
    return whole;
}

/* However short it has become, a file that goes on is whole, and what was told keeps its time. */
static void a_torn_file_is_made_whole(void **state) {
    (void)state;
    char log[1000];
    content old, content;
    snprintf(log, sizeof log, "%s%s", step_line, epoch_line);
    gd_events *events = open_in("whole", log);
    expect_ok(gd_events_close(&events));
    read_events("whole", &old);
    expect_ok(gd_folder_make("torn"));
    usleep(1);
    for (size_t count = 0; count <= old.size; count++) {
        copy_events("whole", "torn", count);
        events = open_in("torn", log);
        expect_ok(gd_events_close(&events));
        read_events("torn", &content);
        assert_int_equal(content.size, old.size);
        assert_memory_equal(content.event[4].bytes, old.event[4].bytes, old.event[4].count);
        for (size_t i = 0; i < content.count; i++) {
            bool same = content.event[i].time == old.event[i].time;
            assert_true(same == (i < whole_events(&old, count)));
        }
        gd_memory_free(&content.bytes);
    }
    gd_memory_free(&old.bytes);
}

/* Where a bit is wrong, times are kept up to there. */
static void a_damaged_file_is_made_anew(void **state) {
    (void)state;
    char path[200];
    content old, content;
    gd_events *events = open_in("sound", step_line);
    expect_ok(gd_events_close(&events));
    read_events("sound", &old);
    expect_ok(gd_folder_make("bits"));
    for (size_t at = 0; at < old.size; at++) {
        char *bytes;
        size_t size;
        copy_events("sound", "bits", old.size);
        path_of("bits", path);
        expect_ok(gd_file_read(path, &bytes, &size));
        bytes[at] = (char)(bytes[at] ^ 0x40);
        expect_ok(gd_file_write(path, bytes, size));
        gd_memory_free(&bytes);
        events = open_in("bits", step_line);
        expect_ok(gd_events_close(&events));
        read_events("bits", &content);
        assert_int_equal(content.count, 4);
        EXPECT_EVENT(&content, 3, step);
        for (size_t i = 0; i < whole_events(&old, at); i++) {
            assert_true(content.event[i].time == old.event[i].time);
        }
        gd_memory_free(&content.bytes);
    }
    gd_memory_free(&old.bytes);
}

/* A record that is whole, but too short to have a time. */
static void an_event_without_a_time_has_none_to_keep(void **state) {
    (void)state;
    static const char empty[HEAD + TAIL + 16] = {
        [HEAD] = '\xd8', [HEAD + 1] = '\xea', [HEAD + 2] = '\x82', [HEAD + 3] = '\xa2'};
    content content;
    expect_ok(gd_folder_make("empty"));
    expect_ok(gd_file_write("empty/events.out.tfevents.1.gdmpi", empty, sizeof empty));
    gd_events *events = open_in("empty", step_line);
    expect_ok(gd_events_close(&events));
    read_events("empty", &content);
    assert_int_equal(content.count, 4);
    for (size_t i = 0; i < content.count; i++) {
        assert_true(content.event[i].time > 1.5e9);
    }
    gd_memory_free(&content.bytes);
}

/* Lines that the log has no more are told once, with the times of the second go. */
static void a_file_goes_on_where_the_log_was_cut(void **state) {
    (void)state;
    content before, after;
    gd_events *events = open_in("cut", "");
    expect_ok(gd_events_add(events, step_line));
    expect_ok(gd_events_add(events, epoch_line));
    expect_ok(gd_events_text(events, 301, "diagnosis", "try less"));
    expect_ok(gd_events_close(&events));
    read_events("cut", &before);
    usleep(1);
    events = open_in("cut", step_line);
    expect_ok(gd_events_add(events, epoch_line));
    expect_ok(gd_events_close(&events));
    read_events("cut", &after);
    assert_int_equal(after.count, 5);
    EXPECT_EVENT(&after, 3, step);
    EXPECT_EVENT(&after, 4, epoch);
    for (size_t i = 0; i < after.count; i++) {
        assert_true((after.event[i].time == before.event[i].time) == (i < 4));
    }
    gd_memory_free(&before.bytes);
    gd_memory_free(&after.bytes);
}

/* A reader that is at its end finds the next one behind it, also within a second. */
static void the_earlier_file_stays_and_is_empty(void **state) {
    (void)state;
    gd_folder names;
    char name[2][40] = {{0}};
    for (int i = 0; i < 4; i++) {
        gd_events *events = open_in("again", step_line);
        expect_ok(gd_events_close(&events));
        expect_ok(gd_folder_list("again", "events.out.tfevents.", ".gdmpi", &names));
        assert_int_equal(names.count, i == 0 ? 1 : 2);
        snprintf(name[i % 2], sizeof name[0], "%s", names.name[names.count - 1]);
        if (i > 0) {
            char path[200], *bytes;
            size_t size;
            assert_string_equal(names.name[0], name[1 - i % 2]);
            snprintf(path, sizeof path, "again/%s", names.name[0]);
            expect_ok(gd_file_read(path, &bytes, &size));
            assert_int_equal(size, 0);
            gd_memory_free(&bytes);
        }
        gd_folder_free(&names);
    }
    expect_ok(gd_events_clear("again"));
    expect_names("again", "");
}

static void files_of_others_stay(void **state) {
    (void)state;
    expect_ok(gd_folder_make("others"));
    expect_ok(gd_file_write("others/events.out.tfevents.1700000000.host", "", 0));
    expect_ok(gd_events_clear("others"));
    gd_events *events = NULL;
    write_log("");
    expect_ok(gd_events_open("others", "log", markdown, &events));
    expect_ok(gd_events_close(&events));
    expect_ok(gd_events_clear("others"));
    expect_names("others", "events.out.tfevents.1700000000.host ");
    expect_ok(gd_events_clear("nowhere"));
}

static void what_cannot_be_written_is_told(void **state) {
    (void)state;
    struct rlimit limit, small;
    gd_events *events;
    write_log(step_line);
    expect_error(gd_events_open("nowhere", "log", markdown, &events), GD_FAILED, "nowhere/events.");
    assert_null(events);
    expect_error(gd_events_open(".", "no log", markdown, &events), GD_BAD_INPUT, "no log: ");
    assert_null(events);
    expect_ok(gd_events_close(&events));

    /* A limit stands for a disk that is full. */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    events = open_in("full", "");
    small = limit;
    small.rlim_cur = 200;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    gd_status status = GD_OK;
    for (int i = 0; i < 3 && status == GD_OK; i++) {
        status = gd_events_add(events, step_line);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    expect_error(status, GD_FAILED, ".gdmpi: cannot be written: File too large");
    status = gd_events_close(&events);
    gd_status_free(&status);
    assert_null(events);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_numbers_of_steps_and_epochs_are_told),
        cmocka_unit_test(a_damaged_log_does_no_harm),
        cmocka_unit_test(a_torn_file_is_made_whole),
        cmocka_unit_test(a_damaged_file_is_made_anew),
        cmocka_unit_test(an_event_without_a_time_has_none_to_keep),
        cmocka_unit_test(a_file_goes_on_where_the_log_was_cut),
        cmocka_unit_test(the_earlier_file_stays_and_is_empty),
        cmocka_unit_test(files_of_others_stay),
        cmocka_unit_test(what_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
