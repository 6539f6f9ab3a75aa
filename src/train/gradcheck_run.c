#include <stdio.h>

#include "gdmpi/gradcheck.h"
#include "gdmpi/memory.h"
#include "train_private.h"

static void print_head(const gd_trainer *trainer) {
    const gd_problem *problem = trainer->problem;
    const double rows = (double)gd_shards_step_rows(&problem->shards, 0);
    printf("loss %.6g over the %.0f rows of the first step\n\n",
           gd_tree_sum(problem->shards.count, trainer->shared) / rows, rows);
    printf("%-24s %12s %8s %9s %12s\n", "tensor", "elements", "checked", "left out", "worst error");
}

static void print_row(const gd_tensor *tensor, const gd_gradcheck_row *row) {
    printf("%-24s %12lld %8lld %9lld ", tensor->name, (long long)tensor->count,
           (long long)row->checked, (long long)row->left_out);
    if (row->checked > 0) {
        printf("%12.1e\n", row->worst);
    } else {
        printf("%12s\n", "-");
    }
}

static void print_table(const gd_trainer *trainer, const gd_gradcheck_row *rows) {
    const gd_tensors *tensors = &trainer->problem->model->tensors;
    int64_t checked = 0, left_out = 0;
    print_head(trainer);
    for (int t = 0; t < tensors->count && !tensors->list[t].statistic; t++) {
        print_row(&tensors->list[t], &rows[t]);
        checked += rows[t].checked;
        left_out += rows[t].left_out;
    }
    printf("\n");
    if (left_out > 0) {
        printf("%lld of %lld elements were left out: two difference quotients of the loss "
               "disagree,\nas at the kinks of relu or mae\n",
               (long long)left_out, (long long)(checked + left_out));
    }
}

/* A tensor of which nothing could be checked is not right either. */
static gd_status judge(const gd_tensors *tensors, const gd_gradcheck_row *rows, int *worst) {
    *worst = 0;
    for (int t = 0; t < tensors->count && !tensors->list[t].statistic; t++) {
        if (rows[t].checked == 0) {
            return gd_status_new(GD_DIVERGED,
                                 "the gradient of %s could not be checked: the loss has a kink at "
                                 "each of its elements that was tried; try another model.init or "
                                 "train.seed",
                                 tensors->list[t].name);
        }
        *worst = rows[t].worst > rows[*worst].worst ? t : *worst;
    }
    if (!(rows[*worst].worst < GD_GRADCHECK_TOLERANCE)) {
        return gd_status_new(GD_DIVERGED,
                             "the gradient of %s is wrong: at element %lld it is %.1e, relative, "
                             "from the central difference, which must be below %g",
                             tensors->list[*worst].name, (long long)rows[*worst].element,
                             rows[*worst].worst, GD_GRADCHECK_TOLERANCE);
    }
    return GD_OK;
}

static gd_status report(const gd_trainer *trainer, const gd_gradcheck_row *rows) {
    const gd_tensors *tensors = &trainer->problem->model->tensors;
    const bool root = gd_comm_rank(trainer->problem->comm) == 0;
    int worst;
    if (root) {
        print_table(trainer, rows);
    }
    gd_status status = judge(tensors, rows, &worst);
    if (status == GD_OK && root) {
        printf("the gradient is right: the worst relative error, of %s, is %.1e, below %g\n",
               tensors->list[worst].name, rows[worst].worst, GD_GRADCHECK_TOLERANCE);
    }
    return status;
}

/* What a check needs. */
static gd_status allocate(const gd_tensors *tensors, double **gradient, gd_gradcheck_row **rows) {
    gd_status status =
        gd_memory_new(gradient, (size_t)tensors->size, sizeof **gradient, "the gradient");
    return status == GD_OK ? gd_memory_new(rows, (size_t)tensors->count, sizeof **rows, "the table")
                           : status;
}

static gd_status check_gradient(gd_trainer *trainer, void *context) {
    (void)context;
    double *gradient = NULL;
    gd_gradcheck_row *rows = NULL;
    gd_status status = gd_comm_agree(trainer->problem->comm,
                                     allocate(&trainer->problem->model->tensors, &gradient, &rows));
    if (status == GD_OK) {
        status = gd_trainer_initialise(trainer);
    }
    if (status == GD_OK) {
        gd_trainer_order(trainer);
        status = gd_gradcheck_gradient(trainer, gradient);
    }
    if (status == GD_OK) {
        status = gd_gradcheck_compare(trainer, gradient, rows);
    }
    if (status == GD_OK) {
        status = report(trainer, rows);
    }
    gd_memory_free(&gradient);
    gd_memory_free(&rows);
    return status;
}

gd_status gd_gradcheck_run(gd_comm *comm, const gd_config *config) {
    return gd_train_try(comm, config, check_gradient, NULL);
}
