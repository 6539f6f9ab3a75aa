#include "gdmpi/files.h"
#include "gdmpi/memory.h"
#include "gdmpi/paragraph.h"
#include "gdmpi/process.h"
#include "gdmpi/train.h"
#include "gdmpi/watch.h"
#include "train_private.h"

static gd_status train(gd_trainer *trainer) {
    gd_problem *problem = trainer->problem;
    gd_checkpoint_header header = {0};
    char *path = NULL;
    bool complete = false;
    gd_status status =
        gd_rundir_new(gd_config_text(problem->config, "run", "dir"), &trainer->rundir);
    if (status == GD_OK && gd_comm_rank(problem->comm) == 0) {
        status = gd_rundir_look(&trainer->rundir);
    }
    status = gd_comm_agree(problem->comm, status);
    if (status == GD_OK) {
        status = gd_resume_find(trainer, &path, &header);
    }
    if (status == GD_OK && path != NULL) {
        trainer->progress = header.progress;
        status = gd_trainer_is_complete(trainer, &complete);
    }
    if (status == GD_OK && !complete) {
        status = gd_report_start_timeline(trainer);
        if (status == GD_OK) {
            status = gd_trainer_begin(trainer, path, &header);
        }
        if (status == GD_OK) {
            status = gd_trainer_loop(trainer);
        }
        gd_table_clear(&trainer->table);
        if (status == GD_OK) {
            status = gd_trainer_finish(trainer);
        }
        status = gd_report_timeline(trainer, status);
    }
    gd_checkpoint_header_free(&header);
    gd_memory_free(&path);
    return status;
}

/* A run goes on without a watch where none can be had. Collective. */
static void start_watch(const gd_problem *problem, gd_watch **watch) {
    int64_t timeout = gd_config_integer(problem->config, "run", "timeout");
    gd_status status = gd_watch_start(problem->comm, timeout, watch);
    if (status != GD_OK && gd_comm_rank(problem->comm) == 0) {
        gd_say_warning("", "nobody watches for ranks that stand still: %s",
                       gd_status_message(status));
    }
    gd_status_free(&status);
}

gd_status gd_train_try(gd_comm *comm, const gd_config *config, gd_trial *work, void *context) {
    gd_problem *problem = NULL;
    gd_trainer *trainer = NULL;
    gd_process_flush_tiny();
    gd_status status = gd_problem_open(comm, config, &problem);
    if (status == GD_OK) {
        status = gd_problem_load(problem);
    }
    if (status == GD_OK) {
        status = gd_trainer_new(problem, &trainer);
    }
    if (status == GD_OK) {
        gd_phases_start(&trainer->phases, GD_OTHER);
        status = work(trainer, context);
    }
    gd_trainer_free(&trainer);
    gd_problem_close(&problem);
    return status;
}

gd_status gd_train_run(gd_comm *comm, const gd_config *config) {
    gd_problem *problem = NULL;
    gd_watch *watch = NULL;
    gd_trainer *trainer = NULL;
    gd_halt halt;
    double started = gd_clock_seconds();
    gd_process_flush_tiny();
    gd_status status = gd_halt_new(comm, config, &halt);
    if (status == GD_OK) {
        status = gd_train_check_settings(comm, config);
    }
    if (status == GD_OK) {
        status = gd_problem_open(comm, config, &problem);
    }
    if (status == GD_OK) {
        status = gd_report_header(problem);
    }
    if (status == GD_OK) {
        start_watch(problem, &watch);
        status = gd_problem_load(problem);
    }
    if (status == GD_OK) {
        status = gd_trainer_new(problem, &trainer);
    }
    if (status == GD_OK) {
        trainer->halt = halt;
        trainer->saved = started;
        gd_phases_start(&trainer->phases, GD_OTHER);
        trainer->phases.watch = watch;
        status = train(trainer);
    }
    gd_trainer_free(&trainer);
    gd_problem_close(&problem);
    gd_halt_free(&halt);
    gd_watch_stop(&watch);
    return status;
}
