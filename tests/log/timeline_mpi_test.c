#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../mpi_support.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/timeline.h"

static const char file[] = "timeline-test.json";

/* A parser of JSON (RFC 8259) that only says where a value ends; NULL where there is none. */
static const char *skip_value(const char *at);

static const char *skip_blanks(const char *at) {
    while (*at != '\0' && strchr(" \t\r\n", *at) != NULL) {
        at++;
    }
    return at;
}

static const char *skip_string(const char *at) {
    if (*at != '"') {
        return NULL;
    }
    for (at++; *at != '"'; at++) {
        if ((unsigned char)*at < 0x20) {
            return NULL;
        }
        at += *at == '\\' && at[1] != '\0' ? 1 : 0;
    }
    return at + 1;
}

static const char *skip_number(const char *at) {
    char *end;
    if (!isdigit((unsigned char)*at) && *at != '-') {
        return NULL;
    }
    (void)strtod(at, &end);
    return end == at ? NULL : end;
}

/* The members of an object or the elements of an array. */
static const char *skip_list(const char *at, char closing) {
    at = skip_blanks(at + 1);
    if (*at == closing) {
        return at + 1;
    }
    for (;; at++) {
        at = skip_blanks(at);
        if (closing == '}') {
            at = skip_string(at);
            at = at == NULL ? NULL : skip_blanks(at);
            if (at == NULL || *at++ != ':') {
                return NULL;
            }
        }
        at = skip_value(at);
        if (at == NULL || *at == closing) {
            return at == NULL ? NULL : at + 1;
        }
        if (*at != ',') {
            return NULL;
        }
    }
}

static const char *skip_value(const char *at) {
    at = skip_blanks(at);
    at = *at == '{'   ? skip_list(at, '}')
         : *at == '[' ? skip_list(at, ']')
         : *at == '"' ? skip_string(at)
                      : skip_number(at);
    return at == NULL ? NULL : skip_blanks(at);
}

static void the_parser_of_this_test_knows_what_is_no_json(void **state) {
    static const char *const good[] = {"[]", "[{\"a\":1.5,\"b\":[\"x\\\"y\",{}]},-2]",
                                       " [ 1 , 2 ] "};
    static const char *const bad[] = {"[1,]", "[1", "{\"a\" 1}", "[\"\n\"]", "[1 2]", "{a:1}", ""};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *end = skip_value(good[i]);
        assert_non_null(end);
        assert_string_equal(end, "");
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(skip_value(bad[i]));
    }
}

static gd_timeline *new_timeline(gd_comm *comm, int64_t room) {
    gd_timeline *timeline;
    gd_status status = gd_timeline_new(comm, room, &timeline);
    assert_string_equal(gd_status_message(status), "");
    return timeline;
}

/* Rank 0 gets the file's text, others NULL. */
static char *write_and_read(gd_comm *comm, const gd_timeline *timeline, int64_t *kept,
                            int64_t *dropped) {
    char *text = NULL;
    size_t length;
    gd_status status = gd_timeline_write(comm, timeline, file, kept, dropped);
    assert_string_equal(gd_status_message(status), "");
    if (gd_comm_rank(comm) == 0) {
        status = gd_file_read(file, &text, &length);
        assert_string_equal(gd_status_message(status), "");
        unlink(file);
    }
    return text;
}

/* An event in whole nanoseconds. */
typedef struct found {
    char name[32];
    int host, rank;
    int64_t begin, length;
} found;

/* The next complete event from *at on. */
static bool next_event(const char **at, found *event) {
    static const char format[] = "{\"name\":\"%31[a-z]\",\"ph\":\"X\",\"pid\":%d,\"tid\":%d,"
                                 "\"ts\":%lld.%3d,\"dur\":%lld.%3d}";
    for (const char *line = *at; line != NULL; line = strchr(line, '\n')) {
        long long begin, length;
        int begin_rest, length_rest;
        line += *line == '\n' ? 1 : 0;
        if (sscanf(line, format, event->name, &event->host, &event->rank, &begin, &begin_rest,
                   &length, &length_rest) == 7) {
            event->begin = 1000 * begin + begin_rest;
            event->length = 1000 * length + length_rest;
            *at = strchr(line, '\n');
            return true;
        }
    }
    return false;
}

static int count_of(const char *text, const char *word) {
    int count = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        count++;
    }
    return count;
}

/* Rank r goes through 4 + r phases. */
static void the_phases_of_each_rank_tile_its_time(void **state) {
    gd_comm *comm = *state;
    int64_t kept, dropped;
    int ranks = gd_comm_size(comm), mine = gd_comm_rank(comm);
    gd_timeline *timeline = new_timeline(comm, 1000);
    gd_phases phases;
    gd_phases_start(&phases, GD_OTHER);
    phases.timeline = timeline;
    double began = phases.since;
    for (int i = 0; i < 3 + mine; i++) {
        gd_phase next = i % 2 == 0 ? GD_LOAD : GD_COMPUTE;
        gd_phases_enter(&phases, next);
        assert_int_equal(gd_phases_enter(&phases, next), next);
    }
    gd_phases_count(&phases);
    double total = phases.seconds[GD_OTHER] + phases.seconds[GD_LOAD] + phases.seconds[GD_COMPUTE];
    assert_true(fabs(total - (phases.since - began)) <= 1e-9);
    char *text = write_and_read(comm, timeline, &kept, &dropped);
    if (mine == 0) {
        const char *at = text, *end = skip_value(text);
        int events = 0, rank = -1, of_rank = 0;
        int64_t place = 0;
        assert_non_null(end);
        assert_string_equal(end, "");
        for (found event; next_event(&at, &event); events++) {
            of_rank = event.rank == rank ? of_rank + 1 : 0;
            place = event.rank == rank ? place : 0;
            rank = event.rank;
            assert_int_equal(event.begin, place);
            assert_true(event.length >= 0);
            assert_string_equal(event.name, of_rank == 0       ? "other"
                                            : of_rank % 2 == 1 ? "load"
                                                               : "compute");
            place = event.begin + event.length;
        }
        assert_int_equal(events, 4 * ranks + ranks * (ranks - 1) / 2);
        assert_int_equal(kept, events);
        assert_int_equal(dropped, 0);
        assert_int_equal(count_of(text, "\"process_name\""), 1);
        assert_int_equal(count_of(text, "\"thread_name\""), ranks);
        assert_non_null(strstr(text, gd_comm_host(comm)));
    }
    gd_memory_free(&text);
    gd_timeline_free(&timeline);
}

static void ranks_of_a_host_are_threads_of_one_process(void **state) {
    gd_comm *comm = *state;
    int64_t kept, dropped;
    assert_true(gd_comm_group(comm, gd_comm_rank(comm) % 2) == GD_OK);
    gd_timeline *timeline = new_timeline(comm, 100);
    gd_timeline_add(timeline, GD_WAIT, gd_clock_seconds());
    char *text = write_and_read(comm, timeline, &kept, &dropped);
    if (gd_comm_rank(comm) == 0) {
        const char *at = text;
        assert_int_equal(count_of(text, "\"process_name\""), gd_comm_hosts(comm));
        for (found event; next_event(&at, &event);) {
            gd_range ranks = gd_comm_ranks_on(comm, event.host);
            assert_in_range(event.rank, ranks.first, ranks.first + ranks.count - 1);
        }
    }
    gd_memory_free(&text);
    gd_timeline_free(&timeline);
    assert_true(gd_comm_group(comm, 0) == GD_OK);
}

static void what_finds_no_room_is_counted(void **state) {
    gd_comm *comm = *state;
    int64_t kept, dropped, room = 5;
    int ranks = gd_comm_size(comm);
    gd_timeline *timeline = new_timeline(comm, room * ranks);
    double now = gd_clock_seconds();
    for (int i = 0; i < 12; i++) {
        gd_timeline_add(timeline, GD_WAIT, now + i);
    }
    char *text = write_and_read(comm, timeline, &kept, &dropped);
    if (gd_comm_rank(comm) == 0) {
        const char *at = text;
        found event;
        for (int i = 0; i < room * ranks; i++) {
            assert_true(next_event(&at, &event));
            assert_true(i % room == 0 || event.length == 1000000000);
        }
        assert_false(next_event(&at, &event));
        assert_int_equal(kept, room * ranks);
        assert_int_equal(dropped, (12 - room) * ranks);
        assert_int_equal(count_of(text, "without the last 7 phases"), ranks);
    }
    gd_memory_free(&text);
    gd_timeline_free(&timeline);
}

static void a_timeline_that_cannot_be_written_is_everyones_failure(void **state) {
    gd_comm *comm = *state;
    int64_t kept, dropped;
    gd_timeline *timeline = new_timeline(comm, 100);
    gd_status status = gd_timeline_write(comm, timeline, "no-such-folder/t.json", &kept, &dropped);
    assert_int_equal(gd_status_code(status), GD_FAILED);
    assert_non_null(strstr(gd_status_message(status), "no-such-folder/t.json"));
    gd_status_free(&status);
    gd_timeline_free(&timeline);
}

int main(int argc, char **argv) {
    gd_comm *comm = mpi_support_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parser_of_this_test_knows_what_is_no_json),
        cmocka_unit_test_prestate(the_phases_of_each_rank_tile_its_time, comm),
        cmocka_unit_test_prestate(ranks_of_a_host_are_threads_of_one_process, comm),
        cmocka_unit_test_prestate(what_finds_no_room_is_counted, comm),
        cmocka_unit_test_prestate(a_timeline_that_cannot_be_written_is_everyones_failure, comm),
    };
    return mpi_support_stop(comm, cmocka_run_group_tests(tests, NULL, NULL));
}
