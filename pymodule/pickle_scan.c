/* SPDX-License-Identifier: BSD-2-Clause */
#include "pickle_scan.h"

/*
 * A pickle may reach this far back and still be handed out piece by piece.
 */
#define LAG_MAX ((uint64_t)1 << 14)

/*
 * A value at the height 0 or 1 to which items may be added.
 */
struct base {
    bool is_there;
    bool was_filled;
    bool was_fetched;
    bool is_name;  /* of a class: nothing is added to it */
    uint64_t from; /* offset behind the opcode that made it */
    uint64_t number;
    bool has_number;
};

/*
 * What the latest opcodes, but for those of the memo, may be the end of.
 */
enum ending { NO_ENDING, MARKED_ENDS, CONTAINER_IN_TUPLE, CONTAINER_CALLED };

struct scan {
    pickle_input *input;
    pickle_memo *memo;
    uint64_t height;
    uint64_t *marks;
    uint32_t mark_count;
    uint32_t mark_capacity;
    struct base bases[2];
    uint32_t outer;     /* marks that are no part of a container's items: see do_mark */
    struct base called; /* bases[1], once it is the argument of a call */
    uint64_t called_lag;
    uint32_t called_outer;
    uint64_t mark_from; /* offset behind the mark at the bottom */
    uint64_t peak;      /* highest number of values above the bottom mark */
    uint64_t lags[3];   /* by the height of the bottom mark */
    enum ending ending;
    uint8_t closed_by;
    bool is_odd; /* no pickler writes this */
};

bool pickle_number_of_line(const pickle_op *op, uint64_t *number)
{
    uint64_t value = 0;
    if (op->number == 0 || op->number > 18) {
        return false;
    }
    for (uint64_t i = 0; i < op->number; i++) {
        if (op->data[i] < '0' || op->data[i] > '9') {
            return false;
        }
        value = 10 * value + (uint64_t)(op->data[i] - '0');
    }
    *number = value;
    return true;
}

int pickle_memo_number(pickle_input *input, const pickle_memo *memo, uint64_t *number)
{
    const pickle_op *op = &input->op;
    if (op->code == OP_MEMOIZE) {
        if (memo->has_gaps) {
            return pickle_input_fail(input, LADLE_E_UNSUPPORTED,
                                     "it stands behind PUTs with gaps, which no pickler writes");
        }
        *number = memo->count;
        return 0;
    }
    if (op->info->after != AFTER_LINE) {
        *number = op->number;
        return 0;
    }
    return pickle_number_of_line(op, number)
               ? 0
               : pickle_input_fail(input, LADLE_E_CORRUPT, "the number is none");
}

static int underflow(struct scan *scan)
{
    return pickle_input_fail(scan->input, LADLE_E_CORRUPT, "the stack has too few values");
}

static uint64_t fence(const struct scan *scan)
{
    return scan->mark_count ? scan->marks[scan->mark_count - 1] : 0;
}

/*
 * A value was made at a height; it may be one that items are added to.
 */
static void begin_base(struct scan *scan, uint64_t height)
{
    if (height <= 1) {
        scan->bases[height] = (struct base){.is_there = true,
                                            .is_name = scan->input->op.code == OP_GLOBAL,
                                            .from = pickle_input_offset(scan->input)};
        scan->lags[height + 1] = 0;
    }
}

/*
 * An opcode worked on the values from a height on.
 */
static void touch(struct scan *scan, uint64_t height)
{
    if (scan->mark_count == scan->outer + 1) {
        uint64_t bottom = scan->marks[scan->outer];
        if (bottom <= 2 && height >= bottom) {
            uint64_t lag = scan->peak - (height - bottom);
            scan->lags[bottom] = lag > scan->lags[bottom] ? lag : scan->lags[bottom];
        }
    } else if (scan->mark_count == scan->outer) {
        for (uint64_t i = height; i < 2; i++) {
            scan->bases[i].is_there = false;
        }
    }
}

static void rise(struct scan *scan, unsigned count)
{
    if (scan->mark_count == scan->outer && scan->height <= 1) {
        for (unsigned i = 0; i < count; i++) {
            begin_base(scan, scan->height + i);
        }
    }
    scan->height += count;
    if (scan->mark_count == scan->outer + 1 &&
        scan->height - scan->marks[scan->outer] > scan->peak) {
        scan->peak = scan->height - scan->marks[scan->outer];
    }
}

static int pop(struct scan *scan, unsigned count)
{
    if (scan->height - fence(scan) < count) {
        return underflow(scan);
    }
    scan->height -= count;
    touch(scan, scan->height);
    return 0;
}

/*
 * set([...]) as protocols before 4 write it: a class, a list, TUPLE1, REDUCE; or a class, MARK, a
 * list, TUPLE, REDUCE.
 */
static enum ending call_ending(struct scan *scan, uint8_t code)
{
    if (scan->mark_count == scan->outer && scan->height == 2) {
        bool is_tuple = code == (scan->outer ? OP_TUPLE : OP_TUPLE1);
        if (is_tuple && scan->bases[1].is_there && scan->bases[1].was_filled) {
            scan->called = scan->bases[1];
            scan->called_lag = scan->lags[2];
            scan->called_outer = scan->outer;
            return CONTAINER_IN_TUPLE;
        }
        if (code == OP_REDUCE && !scan->outer && scan->ending == CONTAINER_IN_TUPLE) {
            return CONTAINER_CALLED;
        }
    }
    return NO_ENDING;
}

static int do_plain(struct scan *scan, const pickle_op *op)
{
    if (op->info->pops) {
        enum ending ending = call_ending(scan, op->code);
        if (pop(scan, op->info->pops) < 0) {
            return -1;
        }
        scan->ending = ending;
    } else if (op->info->pushes) {
        scan->ending = NO_ENDING;
    }
    rise(scan, op->info->pushes);
    return 0;
}

/*
 * The lowest mark, right above a class, begins the arguments of a call.
 */
static int do_mark(struct scan *scan, uint32_t depth_max)
{
    if (scan->mark_count > depth_max) {
        pickle_input_fail(scan->input, LADLE_E_LIMIT, "marks are nested more than %u deep",
                          (unsigned)depth_max);
        scan->input->error.limit = "max_depth";
        scan->input->error.limit_value = depth_max;
        scan->input->error.needed = depth_max + 1;
        return -1;
    }
    if (scan->mark_count == scan->outer) {
        scan->peak = 0;
        if (scan->height == 0) {
            scan->mark_from = pickle_input_offset(scan->input);
            scan->lags[0] = 0;
        }
    }
    bool is_call = scan->mark_count == 0 && scan->height == 1 && scan->bases[0].is_name;
    scan->outer += is_call;
    scan->marks[scan->mark_count++] = scan->height;
    scan->ending = NO_ENDING;
    return 0;
}

static void unmark(struct scan *scan)
{
    scan->mark_count--;
    if (scan->outer > scan->mark_count) {
        scan->outer = scan->mark_count;
    }
}

/*
 * Values are added to the container below them, which counts as touched only where it lies among
 * others: at the bottom it is what items are added to.
 */
static void fill_below(struct scan *scan, uint64_t height)
{
    if (scan->mark_count == scan->outer) {
        touch(scan, height + 1);
        if (height < 2) {
            scan->bases[height].was_filled = true;
        }
    } else {
        touch(scan, height);
    }
    scan->ending = NO_ENDING;
}

static int do_add(struct scan *scan, const pickle_op *op)
{
    if (scan->height - fence(scan) < op->info->pops) {
        return underflow(scan);
    }
    scan->height -= op->info->pops - 1u;
    fill_below(scan, scan->height - 1);
    return 0;
}

/*
 * Everything above the latest mark goes: into one value, into the container below, or away.
 */
static int close_mark(struct scan *scan, const pickle_op *op)
{
    if (!scan->mark_count) {
        return pickle_input_fail(scan->input, LADLE_E_CORRUPT, "there is no mark");
    }
    uint64_t bottom = fence(scan);
    bool is_filling = op->info->effect == EFFECT_FILL;
    if (op->code == OP_OBJ && scan->height == bottom) {
        return underflow(scan);
    }
    /* For the bottom mark at the height 0 it is the end that is looked for. */
    if (!is_filling && scan->mark_count == scan->outer + 1 && bottom > 0) {
        touch(scan, bottom);
    }
    enum ending ending = scan->outer ? call_ending(scan, op->code) : NO_ENDING;
    unmark(scan);
    scan->height = bottom;
    if (is_filling) {
        if (bottom <= fence(scan)) {
            return underflow(scan);
        }
        fill_below(scan, bottom - 1);
        return 0;
    }
    if (scan->mark_count == scan->outer) {
        touch(scan, bottom);
    }
    rise(scan, op->info->pushes);
    bool is_at_bottom = scan->mark_count == 0 && bottom == 0 && op->info->effect == EFFECT_MAKE;
    scan->ending = is_at_bottom ? MARKED_ENDS : ending;
    scan->closed_by = op->code;
    return 0;
}

static int do_pop(struct scan *scan)
{
    scan->ending = NO_ENDING;
    if (scan->mark_count && scan->height == fence(scan)) {
        unmark(scan);
        return 0;
    }
    return pop(scan, 1);
}

static int do_put(struct scan *scan, const pickle_op *op)
{
    uint64_t number = 0;
    pickle_slot slot = {.offset = op->offset};
    if (scan->height == fence(scan)) {
        return underflow(scan);
    }
    if (pickle_memo_number(scan->input, scan->memo, &number) < 0 ||
        pickle_memo_put(scan->memo, number, &slot) < 0) {
        return -1;
    }
    if (scan->mark_count > scan->outer) {
        touch(scan, scan->height - 1);
    } else if (scan->height <= 2) {
        struct base *base = &scan->bases[scan->height - 1];
        scan->is_odd |= base->has_number;
        base->has_number = true;
        base->number = number;
    }
    return 0;
}

static int do_get(struct scan *scan, const pickle_op *op, uint64_t memory_max)
{
    uint64_t number = 0;
    if (pickle_memo_number(scan->input, scan->memo, &number) < 0 ||
        pickle_memo_note(scan->memo, number, op->offset) < 0) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        struct base *base = &scan->bases[i];
        base->was_fetched |= base->has_number && base->number == number;
    }
    if (pickle_memo_len(scan->memo) > memory_max) {
        pickle_input_fail(scan->input, LADLE_E_LIMIT, "too many values are used more than once");
        scan->input->error.limit = "max_memory";
        scan->input->error.limit_value = memory_max;
        scan->input->error.needed = pickle_memo_len(scan->memo);
        return -1;
    }
    scan->ending = NO_ENDING;
    rise(scan, 1);
    return 0;
}

static int do_op(struct scan *scan, uint32_t depth_max, uint64_t memory_max)
{
    const pickle_op *op = &scan->input->op;
    switch (op->info->effect) {
    case EFFECT_PLAIN:
        return do_plain(scan, op);
    case EFFECT_MARK:
        return do_mark(scan, depth_max);
    case EFFECT_POP:
        return do_pop(scan);
    case EFFECT_DUP:
        scan->is_odd = true;
        return do_plain(scan, op);
    case EFFECT_ADD:
        return do_add(scan, op);
    case EFFECT_GET:
        return do_get(scan, op, memory_max);
    case EFFECT_PUT:
        return do_put(scan, op);
    case EFFECT_STOP:
        return scan->mark_count == 0 && scan->height == 1
                   ? 0
                   : pickle_input_fail(scan->input, LADLE_E_CORRUPT,
                                       "the stack does not hold one value");
    default:
        return close_mark(scan, op);
    }
}

static void plan_container(const struct base *base, size_t first, uint64_t lag, pickle_plan *plan)
{
    if (!base->was_fetched && lag <= LAG_MAX) {
        plan->kind = PLAN_CONTAINER;
        plan->first = first;
        plan->from = base->from;
        plan->lag = lag;
    }
}

/*
 * Of a pickle that is cut, a list at the bottom is taken for what it was to become.
 */
static void make_plan(struct scan *scan, pickle_plan *plan)
{
    if (scan->is_odd) {
        return;
    }
    if (scan->ending == CONTAINER_CALLED) {
        plan_container(&scan->called, 2, scan->called_lag, plan);
        plan->outer = scan->called_outer;
    } else if (scan->ending == MARKED_ENDS && scan->lags[0] <= LAG_MAX) {
        plan->kind = PLAN_MARKED;
        plan->from = scan->mark_from;
        plan->lag = scan->lags[0];
        plan->closed_by = scan->closed_by;
    } else if (scan->bases[0].is_there && (scan->bases[0].was_filled || !plan->is_complete)) {
        plan_container(&scan->bases[0], 1, scan->lags[1], plan);
    }
}

static int scan_all(struct scan *scan, uint32_t depth_max, uint64_t memory_max, pickle_plan *plan)
{
    do {
        if (pickle_input_next(scan->input, true) < 0 || do_op(scan, depth_max, memory_max) < 0) {
            return PyErr_Occurred() ? -1 : 0;
        }
    } while (scan->input->op.code != OP_STOP);
    plan->is_complete = true;
    return 0;
}

int pickle_scan(pickle_input *input, pickle_memo *memo, uint32_t depth_max, uint64_t memory_max,
                pickle_plan *plan)
{
    struct scan scan = {.input = input, .memo = memo};
    *plan = (pickle_plan){.kind = PLAN_WHOLE};
    scan.marks = PyMem_Malloc((depth_max + 1) * sizeof *scan.marks);
    if (!scan.marks) {
        PyErr_NoMemory();
        return -1;
    }
    int result = scan_all(&scan, depth_max, memory_max, plan);
    PyMem_Free(scan.marks);
    plan->end = pickle_input_offset(input);
    pickle_memo_rewind(memo);
    if (result == 0) {
        make_plan(&scan, plan);
    }
    return result;
}
