#include "gdmpi/files.h"
#include "gdmpi/job.h"
#include "gdmpi/memory.h"

static bool is_input(const gd_job *job, const char *path) {
    return gd_file_same(path, job->model) ||
           (job->data.file != NULL && gd_file_same(path, job->data.file));
}

gd_status gd_job_check_output(const gd_job *job) {
    char *temporary = NULL;
    gd_status status = gd_file_check_new(job->output);
    if (status == GD_OK) {
        status = gd_text_new(&temporary, "%s.tmp", job->output);
    }
    if (status == GD_OK && is_input(job, temporary)) {
        status = gd_status_new(GD_BAD_INPUT,
                               "%s: is an input, and would be overwritten on the way to %s",
                               temporary, job->output);
    }
    gd_memory_free(&temporary);
    return status;
}
