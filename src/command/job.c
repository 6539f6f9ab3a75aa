#include "gdmpi/job.h"

#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/precision.h"
#include "gdmpi/seal.h"
#include "gdmpi/store.h"

/* For gd_store_guard: the checkpoint may come from anywhere. */
static gd_status try_header(void *context) {
    const gd_job *job = context;
    gd_checkpoint_header header;
    gd_status status = gd_checkpoint_read_header(job->model, &header);
    gd_checkpoint_header_free(&header);
    return status;
}

static gd_status read_header(gd_comm *comm, gd_job *job) {
    gd_status status = GD_OK;
    char *config = NULL;
    size_t bytes = 0;
    if (gd_comm_rank(comm) == 0) {
        status = gd_store_guard(job->model, try_header, job);
        if (status == GD_OK) {
            status = gd_checkpoint_read_header(job->model, &job->header);
        }
        config = job->header.config;
        bytes = config == NULL ? 0 : strlen(config);
    }
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        gd_comm_broadcast(comm, &job->header, sizeof job->header);
        job->header.config = NULL;
        status = gd_comm_broadcast_block(comm, &config, &bytes);
    }
    job->header.config = config;
    return status;
}

static gd_status read_config(gd_job *job) {
    gd_status status =
        gd_memory_new(&job->tables, GD_TABLES, sizeof *job->tables, "the tables of settings");
    if (status == GD_OK) {
        gd_precision_single.settings(job->tables);
        status =
            gd_config_parse(job->model, job->header.config, 0, NULL, job->tables, &job->config);
    }
    return status;
}

/* Where the rows are if nobody says so, and what tells that they are there. */
static const struct {
    const char *group, *object;
} places[] = {{"/test", "/test"}, {"/val", "/val"}, {"/", "/x"}};

enum { PLACES = sizeof places / sizeof *places };

typedef struct search {
    const char *file;
    int place;
} search;

/* Those that there are instead. */
static gd_status name_groups(const gd_store *store, const char *file) {
    enum { MOST = 8 };
    gd_folder sets;
    gd_text groups = {0};
    int count = 0;
    gd_status status = gd_store_sets(store, &sets);
    for (size_t i = 0; i < sets.count; i++) {
        const int length = (int)(strrchr(sets.name[i], '/') - sets.name[i]);
        if (strcmp(sets.name[i] + length, "/x") == 0 && count++ < MOST) {
            gd_text_add(&groups, "%s%.*s", count > 1 ? ", " : "; there is ", length, sets.name[i]);
        }
    }
    gd_text_add(&groups, count > MOST ? " and more" : "");
    gd_folder_free(&sets);
    if (status == GD_OK) {
        status = gd_status_new(GD_BAD_INPUT,
                               "%s: has neither /test nor /val nor x in its root; name the group "
                               "that holds the rows: %s:/GROUP%s",
                               file, file, gd_text_bytes(&groups));
    }
    gd_text_free(&groups);
    return status;
}

static gd_status find_place(void *context) {
    search *search = context;
    gd_store *store = NULL;
    bool there = false;
    if (gd_seal_is_there(search->file)) {
        return gd_status_new(GD_BAD_INPUT, "%s: is a checkpoint; a file of data is needed",
                             search->file);
    }
    gd_status status = gd_store_open(search->file, &store);
    for (int i = 0; i < PLACES && status == GD_OK && !there; i++) {
        search->place = i;
        status = gd_store_has(store, places[i].object, &there);
    }
    if (status == GD_OK && !there) {
        status = name_groups(store, search->file);
    }
    return gd_status_first(status, gd_store_close(&store));
}

static gd_status choose_group(gd_comm *comm, gd_source *data) {
    search search = {.file = data->file};
    gd_status status = GD_OK;
    if (gd_comm_rank(comm) == 0) {
        status = gd_store_guard(data->file, find_place, &search);
        if (status == GD_OK) {
            status = find_place(&search);
        }
    }
    status = gd_comm_agree(comm, status);
    if (status == GD_OK) {
        gd_comm_broadcast(comm, &search.place, sizeof search.place);
        gd_memory_free(&data->group);
        status = gd_text_copy(places[search.place].group, &data->group);
    }
    return status;
}

/* Unless a tile has more. */
static const int64_t block_bytes = 16 << 20;

gd_status gd_job_open(gd_comm *comm, const char *model, const char *data, gd_job *job) {
    *job = (gd_job){.model = model,
                    .chosen = data != NULL && strstr(data, ":/") == NULL,
                    .block_bytes = block_bytes};
    gd_status status =
        gd_comm_agree(comm, data == NULL ? GD_OK : gd_source_parse(data, NULL, &job->data));
    if (status == GD_OK) {
        status = read_header(comm, job);
    }
    if (status == GD_OK) {
        status = gd_comm_agree(comm, read_config(job));
    }
    if (status == GD_OK && job->chosen) {
        status = gd_comm_agree(comm, choose_group(comm, &job->data));
    }
    return status;
}

void gd_job_close(gd_job *job) {
    gd_checkpoint_header_free(&job->header);
    gd_config_free(&job->config);
    gd_memory_free(&job->tables);
    gd_source_free(&job->data);
}
