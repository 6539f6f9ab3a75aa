#include <string.h>

#include "gdmpi/blas.h"
#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/paragraph.h"
#include "gdmpi/terminal.h"
#include "train_private.h"

/* What TensorBoard reads, up to where the log is. */
static gd_status open_events(gd_trainer *trainer, const char *log) {
    const gd_config *config = trainer->problem->config;
    if (strcmp(gd_config_text(config, "run", "tensorboard"), "yes") != 0) {
        return GD_OK;
    }
    gd_text text = {0};
    char *markdown = NULL;
    gd_config_write(config, &text);
    gd_status status = gd_text_status(&text);
    if (status == GD_OK) {
        status = gd_text_new(&markdown, "```\n%s```\n", text.bytes);
    }
    if (status == GD_OK) {
        status = gd_events_open(trainer->rundir.path, log, markdown, &trainer->events);
    }
    gd_memory_free(&markdown);
    gd_text_free(&text);
    gd_metrics_follow(trainer->metrics, trainer->events);
    return status;
}

/* The first line of the log has the kernels that the run began with, on which its bits depend. */
static void compare_kernels(const gd_rundir *rundir, const char *log) {
    static const char key[] = "\"blas\": \"";
    char line[4096], kernels[GD_BLAS_KERNELS], *began = NULL;
    FILE *file = fopen(log, "r");
    if (file != NULL) {
        began = fgets(line, sizeof line, file);
        fclose(file);
    }
    began = began == NULL ? NULL : strstr(line, key);
    if (began == NULL) {
        return;
    }
    began += strlen(key);
    began[strcspn(began, "\"")] = '\0';
    gd_text_make_printable(began, "");
    if (strcmp(began, gd_blas_kernels(kernels)) != 0) {
        gd_terminal_warn("%s: the run began with %s, and goes on with %s: its bits will be others",
                         rundir->path, began, kernels);
    }
}

/* The log, as it was when the checkpoint was made that the run goes on from. One at the end of the
 * run has its line there; if the run goes on, an unbroken one would not. */
static gd_status open_log(gd_trainer *trainer) {
    const gd_progress *progress = &trainer->progress;
    int64_t bytes =
        progress->log_bytes - (gd_trainer_finished(trainer) == NULL ? progress->log_extra : 0);
    char *path;
    gd_status status = gd_rundir_file(&trainer->rundir, "metrics.jsonl", &path);
    if (status == GD_OK) {
        status = gd_metrics_open(path, bytes, &trainer->metrics);
    }
    if (status == GD_OK && gd_metrics_bytes(trainer->metrics) < bytes) {
        gd_terminal_warn("%s had %lld bytes when the checkpoint was made, and now has %lld: lines "
                         "are missing",
                         path, (long long)bytes, (long long)gd_metrics_bytes(trainer->metrics));
    }
    if (status == GD_OK) {
        compare_kernels(&trainer->rundir, path);
        status = open_events(trainer, path);
    }
    gd_memory_free(&path);
    return status;
}

static gd_status write_config(const gd_trainer *trainer) {
    gd_text config = {0};
    char *path = NULL;
    gd_config_write(trainer->problem->config, &config);
    gd_status status = gd_text_status(&config);
    if (status == GD_OK) {
        status = gd_rundir_file(&trainer->rundir, "config.ini", &path);
    }
    if (status == GD_OK) {
        status = gd_file_write(path, config.bytes, config.length);
    }
    gd_memory_free(&path);
    gd_text_free(&config);
    return status;
}

/* To the checkpoint that the run goes on from. A kill after the last one may have left more files
 * than are to be kept. */
static gd_status go_back(const gd_trainer *trainer) {
    const gd_progress *progress = &trainer->progress;
    int64_t keep = gd_config_integer(trainer->problem->config, "run", "keep");
    gd_status status = gd_rundir_rewind(&trainer->rundir, progress->step, progress->best_step);
    return status == GD_OK ? gd_rundir_prune(&trainer->rundir, keep, gd_progress_best(progress))
                           : status;
}

/* With config.ini, the name of the log reaches the disk. */
gd_status gd_trainer_prepare_files(gd_trainer *trainer, const char *path) {
    gd_rundir *rundir = &trainer->rundir;
    gd_status status = gd_rundir_make(rundir);
    if (status == GD_OK) {
        status = gd_halt_clear(&trainer->halt);
    }
    if (status == GD_OK) {
        status = path == NULL ? gd_rundir_clear(rundir) : go_back(trainer);
    }
    if (status == GD_OK) {
        status = open_log(trainer);
    }
    if (status == GD_OK) {
        status = write_config(trainer);
    }
    return status == GD_OK && path == NULL ? gd_report_start(trainer) : status;
}

gd_status gd_trainer_begin(gd_trainer *trainer, const char *path,
                           const gd_checkpoint_header *header) {
    gd_problem *problem = trainer->problem;
    bool root = gd_comm_rank(problem->comm) == 0;
    gd_status status =
        path == NULL ? gd_trainer_initialise(trainer) : gd_trainer_resume(trainer, path, header);
    if (status == GD_OK) {
        status =
            gd_comm_agree(problem->comm, root ? gd_trainer_prepare_files(trainer, path) : GD_OK);
    }
    if (status == GD_OK && root) {
        gd_report_begin(trainer, path);
    }
    return status;
}

gd_status gd_trainer_is_complete(gd_trainer *trainer, bool *complete) {
    char *path = NULL;
    bool there = false;
    gd_status status = GD_OK;
    if (gd_comm_rank(trainer->problem->comm) == 0 && gd_trainer_finished(trainer) != NULL) {
        status = gd_rundir_file(&trainer->rundir, "model.h5", &path);
        if (status == GD_OK) {
            status = gd_file_look(path, &there);
        }
        if (there) {
            gd_say("finished", "%lld epoch%s, %lld step%s are done already: %s",
                   (long long)trainer->progress.epoch, gd_text_plural(trainer->progress.epoch),
                   (long long)trainer->progress.step, gd_text_plural(trainer->progress.step), path);
            gd_say("", "for more, raise train.epochs or train.max_steps, or ask for more in "
                       "[stop]; to start over, run.resume=never");
        }
        gd_memory_free(&path);
    }
    status = gd_comm_agree(trainer->problem->comm, status);
    gd_comm_broadcast(trainer->problem->comm, &there, sizeof there);
    *complete = there;
    return status;
}
