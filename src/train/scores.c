#include <stdio.h>
#include <string.h>

#include "gdmpi/memory.h"
#include "gdmpi/problem.h"

static const char key[] = "metrics";

/* The names of the scores for a task, or of all: 0. */
static void list_names(unsigned task, gd_text *out) {
    for (size_t i = 0; gd_scores[i] != NULL; i++) {
        if (task == 0 || (gd_scores[i]->tasks & task) != 0) {
            gd_text_add(out, "%s%s", out->length > 0 ? ", " : "", gd_scores[i]->name);
        }
    }
}

/* Names what there is instead. */
static gd_status refuse(const gd_problem *problem, const char *word, const char *why,
                        unsigned task) {
    gd_text names = {0};
    list_names(task, &names);
    gd_status status = gd_config_fail(problem->config, "run", key, "%s %s; choose among: %s", word,
                                      why, gd_text_bytes(&names));
    gd_text_free(&names);
    return status;
}

static gd_status check_score(const gd_problem *problem, const gd_score *score) {
    const gd_scored scored = gd_score_of(problem->model->loss, problem->model->outputs);
    static const char *const kinds[] = {[GD_TASK_CLASS] = "one class for each row",
                                        [GD_TASK_FLAGS] = "several flags for each row",
                                        [GD_TASK_NUMBERS] = "numbers"};
    char why[128];
    if ((score->tasks & scored.task) == 0) {
        snprintf(why, sizeof why, "makes no sense for %s of %lld outputs, which predicts %s",
                 scored.loss->name, (long long)scored.outputs, kinds[scored.task]);
        return refuse(problem, score->name, why, scored.task);
    }
    if (scored.outputs < score->outputs_min) {
        return gd_config_fail(problem->config, "run", key,
                              "%s needs at least %lld outputs, and the model has %lld", score->name,
                              (long long)score->outputs_min, (long long)scored.outputs);
    }
    return problem->validates
               ? GD_OK
               : gd_config_fail(problem->config, "run", key,
                                "there are no validation rows for %s; they come from data.val or "
                                "data.val_fraction",
                                score->name);
}

gd_status gd_problem_read_scores(gd_problem *problem) {
    char *copy, *rest = NULL;
    gd_status status = gd_text_copy(gd_config_text(problem->config, "run", key), &copy);
    char *word = status == GD_OK ? strtok_r(copy, ", \t", &rest) : NULL;
    for (; word != NULL && status == GD_OK; word = strtok_r(NULL, ", \t", &rest)) {
        const size_t index = gd_text_index(word, gd_score_name);
        if (gd_scores[index] == NULL) {
            status = refuse(problem, word, "is no metric", 0);
        } else {
            status = check_score(problem, gd_scores[index]);
            problem->scores[index] = true;
        }
    }
    gd_memory_free(&copy);
    return status;
}
