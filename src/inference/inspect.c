#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gdmpi/inference.h"
#include "gdmpi/memory.h"
#include "gdmpi/paragraph.h"
#include "gdmpi/store.h"

enum { LABEL = 10 };

/* What a checkpoint says besides its header. */
typedef struct about {
    const gd_job *job;
    int64_t bytes;
    char *program, *classes;
    gd_text state; /* the groups of vectors that it has besides the parameters */
} about;

static void about_free(about *about) {
    gd_memory_free(&about->program);
    gd_memory_free(&about->classes);
    gd_text_free(&about->state);
}

/* Where one vector is a group, with a data set for each tensor. */
static void add_group(const char *set, gd_text *state) {
    static const char *const known[] = {"/params/", "/state/", GD_CHECKPOINT_NORMALIZE "/"};
    const int length = (int)(strrchr(set, '/') - set);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strncmp(set, known[i], strlen(known[i])) == 0) {
            return;
        }
    }
    const char *last = state->length == 0 ? "" : strrchr(state->bytes, ' ');
    last = last == NULL ? state->bytes : last;
    last += *last == ' ';
    if (strncmp(last, set, (size_t)length) != 0 || last[length] != '\0') {
        gd_text_add(state, "%s%.*s", state->length == 0 ? "" : ", ", length, set);
    }
}

static gd_status read_about(about *about) {
    gd_store *store = NULL;
    gd_folder sets = {0};
    gd_status status = gd_store_open(about->job->model, &store);
    if (status == GD_OK) {
        status = gd_store_size(store, &about->bytes);
    }
    if (status == GD_OK) {
        status = gd_store_get_text(store, "/", "program", &about->program);
    }
    if (status == GD_OK) {
        gd_text_make_printable(about->program, "");
        status = gd_store_sets(store, &sets);
    }
    for (size_t i = 0; i < sets.count && status == GD_OK; i++) {
        gd_text_make_printable(sets.name[i], "");
        add_group(sets.name[i], &about->state);
        status = gd_text_status(&about->state);
    }
    gd_folder_free(&sets);
    return gd_status_first(status, gd_store_close(&store));
}

/* For gd_store_guard: all that is read here, and the parameters, whose digest is checked. */
static gd_status try_all(void *context) {
    about copy = {.job = ((about *)context)->job};
    gd_status status = gd_job_try((void *)copy.job);
    if (status == GD_OK) {
        status = read_about(&copy);
    }
    about_free(&copy);
    return status;
}

static void add(gd_text *page, const char *label, gd_text *words) {
    gd_paragraph_add(page, &(gd_paragraph){.label = label, .indent = LABEL}, "%s",
                     gd_text_bytes(words));
    page->failed = page->failed || words->failed;
    gd_text_free(words);
}

static void add_head(const about *about, gd_text *page) {
    char size[32];
    gd_paragraph_add(page, &(gd_paragraph){.label = ""}, "%s: a checkpoint of %s, %s",
                     about->job->model, about->program, gd_text_amount((double)about->bytes, size));
    gd_text_add(page, "\n");
}

static void add_model(const gd_job *job, const gd_model *model, gd_text *page) {
    char elements[32];
    gd_model_describe(model, page);
    gd_text_add(page, "%-20s %9s %12s  %lld inputs, %s\n\n", "in all", "",
                gd_text_grouped(model->tensors.elements, elements), (long long)job->header.inputs,
                model->loss->name);
}

static void add_progress(const gd_job *job, gd_text *page) {
    const gd_progress *progress = &job->header.progress;
    char number[32], duration[32];
    gd_text words = {0};
    gd_text_add(&words, "%lld epoch%s, ", (long long)progress->epoch,
                progress->epoch == 1 ? "" : "s");
    gd_text_add(&words, "%s steps", gd_text_grouped(progress->step, number));
    if (progress->epoch_step > 0) {
        gd_text_add(&words, ", the last %s in epoch %lld",
                    gd_text_grouped(progress->epoch_step, number), (long long)progress->epoch + 1);
    }
    gd_text_add(&words, ", %s of training",
                gd_text_duration(progress->seconds + progress->epoch_seconds, duration));
    add(page, "progress", &words);
    gd_text_add(&words, "%s training rows", gd_text_grouped(job->header.train_rows, number));
    gd_text_add(&words, " in %lld shard%s", (long long)job->header.shards,
                job->header.shards == 1 ? "" : "s");
    gd_text_add(&words, ", %s validation rows", gd_text_grouped(job->header.val_rows, number));
    add(page, "data", &words);
}

/* val_loss as people say it. */
static void add_metric(const char *key, double value, gd_text *words) {
    const size_t before = words->length;
    gd_text_add(words, "%s %.6g", key, value);
    for (char *c = words->bytes == NULL ? NULL : words->bytes + before;
         c != NULL && (c = strchr(c, '_')) != NULL;) {
        *c = ' ';
    }
}

static void add_metrics(const gd_job *job, const gd_model *model, gd_text *page) {
    const gd_progress *progress = &job->header.progress;
    gd_text words = {0};
    if (progress->epoch == 0) {
        return;
    }
    gd_text_add(&words, "epoch %lld: ", (long long)progress->epoch);
    add_metric("train_loss", progress->train_loss, &words);
    if (job->header.val_rows > 0) {
        gd_text_add(&words, ", ");
        add_metric("val_loss", progress->val_loss, &words);
        gd_text_add(&words, ", ");
        add_metric(model->loss->metric == GD_METRIC_ACCURACY ? "val_accuracy" : "val_rmse",
                   progress->val_metric, &words);
    }
    gd_text_add(&words, "; gradient norm %.6g", progress->grad_norm);
    add(page, "last", &words);
    if (progress->best_epoch > 0) {
        gd_text_add(&words, "epoch %lld: ", (long long)progress->best_epoch);
        add_metric(gd_config_text(job->config, "stop", "metric"), progress->best_value, &words);
        add(page, "best", &words);
    }
}

/* As one would write it for a shell; in one piece. */
static void add_setting(void *context, const char *section, const char *key, const char *value) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=./,:%@";
    gd_text *words = context;
    const size_t before = words->length + (words->length > 0);
    const char *quote = value[strspn(value, plain)] == '\0' ? "" : "'";
    gd_text_add(words, "%s%s.%s=%s%s%s", words->length > 0 ? " " : "", section, key, quote, value,
                quote);
    if (words->length - before < GD_TERMINAL_COLUMNS / 2 && words->bytes != NULL) {
        gd_paragraph_keep(words->bytes + before);
    }
}

static gd_status add_settings(const gd_job *job, gd_text *page) {
    gd_text words = {0};
    gd_status status = gd_config_each_changed(job->config, add_setting, &words);
    if (words.bytes != NULL) {
        gd_text_make_printable(words.bytes, (const char[]){GD_PARAGRAPH_BLANK, '\0'});
    }
    add(page, "settings", &words);
    return status;
}

static gd_status describe(const about *about, const gd_model *model, gd_text *page) {
    const gd_job *job = about->job;
    gd_text words = {0};
    char digest[17];
    add_head(about, page);
    add_model(job, model, page);
    gd_text_add(&words, "%s, %s precision", gd_checkpoint_digest_text(job->header.digest, digest),
                GD_REAL_NAME);
    add(page, "digest", &words);
    if (about->classes != NULL) {
        gd_paragraph_names(&words, about->classes);
        add(page, "classes", &words);
    }
    add_progress(job, page);
    add_metrics(job, model, page);
    gd_text_add(&words, "%s",
                about->state.length > 0 ? about->state.bytes : "none besides the parameters");
    add(page, "state", &words);
    gd_status status = add_settings(job, page);
    return status == GD_OK ? gd_text_status(page) : status;
}

/* Rank 0. */
static gd_status inspect(const gd_job *job) {
    about about = {.job = job};
    gd_model *model = NULL;
    gd_text page = {0};
    gd_status status = gd_store_guard(job->model, try_all, &about);
    if (status == GD_OK) {
        status = gd_job_model(job, &model);
    }
    if (status == GD_OK) {
        status = read_about(&about);
    }
    if (status == GD_OK) {
        status = gd_job_classes(job, model, &about.classes);
    }
    if (status == GD_OK) {
        status = describe(&about, model, &page);
    }
    if (status == GD_OK) {
        printf("%s", gd_text_bytes(&page));
        fflush(stdout);
    }
    gd_text_free(&page);
    gd_model_free(&model);
    about_free(&about);
    return status;
}

gd_status gd_inference_inspect(gd_comm *comm, const gd_job *job) {
    return gd_comm_agree(comm, gd_comm_rank(comm) == 0 ? inspect(job) : GD_OK);
}
