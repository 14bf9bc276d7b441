/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop of the machine, its beginning and its end. */
#include "pickle_machine.h"

void pickle_machine_reset(pickle_machine *machine)
{
    pickle_drop(machine, 0);
    pickle_memo_reset(&machine->memo);
    machine->mark_count = 0;
    machine->stream = STREAM_NOTHING;
    machine->stream_from = LADLE_UNKNOWN;
    machine->emit_height = SIZE_MAX;
    machine->flush_count = 0;
}

void pickle_machine_free(pickle_machine *machine)
{
    pickle_machine_reset(machine);
    pickle_memo_free(&machine->memo);
    PyMem_Free(machine->slots);
    PyMem_Free(machine->marks);
    machine->slots = NULL;
    machine->marks = NULL;
    machine->capacity = 0;
}

int pickle_machine_visit(const pickle_machine *machine, visitproc visit, void *arg)
{
    for (size_t i = 0; i < machine->height; i++) {
        Py_VISIT(machine->slots[i].value);
    }
    Py_VISIT(machine->find);
    return pickle_memo_visit(&machine->memo, visit, arg);
}

int pickle_machine_begin(pickle_machine *machine, bool streams)
{
    if (!machine->marks) {
        machine->marks = PyMem_Calloc(machine->limits.max_depth + 1, sizeof *machine->marks);
        if (!machine->marks) {
            PyErr_NoMemory();
            return -1;
        }
    }
    if (streams && machine->plan.kind != PLAN_WHOLE) {
        machine->stream_from = machine->plan.from;
    }
    pickle_renew_limits(machine, 0);
    return 0;
}

static int do_fill(pickle_machine *machine, const pickle_op *op)
{
    size_t first;
    size_t fence = pickle_fence(machine);
    if (op->info->effect == EFFECT_ADD) {
        if (machine->height - fence < op->info->pops) {
            return pickle_underflow(machine);
        }
        first = machine->height - (op->info->pops - 1u);
    } else {
        if (!machine->mark_count) {
            return pickle_fail(machine, LADLE_E_CORRUPT, "there is no mark");
        }
        first = fence;
        machine->mark_count--;
        if (first <= pickle_fence(machine)) {
            return pickle_underflow(machine);
        }
    }
    int result = pickle_streams_fill(machine, op, first - 1, first);
    return result ? (result < 0 ? -1 : 0) : pickle_do_fill(machine, op, first - 1, first);
}

static int do_mark(pickle_machine *machine)
{
    if (machine->mark_count > machine->limits.max_depth) {
        return pickle_fail_limit(machine, "max_depth", machine->limits.max_depth,
                                 machine->mark_count);
    }
    machine->marks[machine->mark_count++] = machine->height;
    return 0;
}

static int do_make(pickle_machine *machine, const pickle_op *op)
{
    if (!machine->mark_count) {
        return pickle_fail(machine, LADLE_E_CORRUPT, "there is no mark");
    }
    if (machine->stream && machine->plan.kind == PLAN_MARKED && machine->mark_count == 1) {
        machine->flush_count = machine->height;
        if (pickle_check_pairs(machine, machine->flush_count) < 0) {
            return -1;
        }
        machine->mark_count = 0;
        /* The container's place is taken by what stands for it, above what is handed out. */
        return pickle_push(machine, Py_NewRef(Py_None), 0, 0);
    }
    bool is_class = op->code == OP_INST || op->code == OP_OBJ;
    return is_class ? pickle_do_class(machine, op) : pickle_do_container(machine, op);
}

static int do_drop(pickle_machine *machine, const pickle_op *op)
{
    size_t fence = pickle_fence(machine);
    bool is_mark = machine->mark_count && (op->code == OP_POP_MARK || machine->height == fence);
    if (is_mark) {
        pickle_drop(machine, fence);
        machine->mark_count--;
        return 0;
    }
    if (op->code == OP_POP_MARK || machine->height == fence) {
        return pickle_underflow(machine);
    }
    pickle_drop(machine, machine->height - 1);
    return 0;
}

static bool is_changeable(const PyObject *value)
{
    return PyList_CheckExact(value) || PyDict_CheckExact(value) || Py_IS_TYPE(value, &PySet_Type);
}

static int do_dup(pickle_machine *machine)
{
    if (machine->height == pickle_fence(machine)) {
        return pickle_underflow(machine);
    }
    pickle_slot slot = machine->slots[machine->height - 1];
    if (pickle_push(machine, Py_NewRef(slot.value), 0, slot.depth) < 0) {
        return -1;
    }
    pickle_slot *top = &machine->slots[machine->height - 1];
    top->has_symbol = slot.has_symbol;
    top->is_old = slot.is_old;
    top->is_heavy = slot.is_heavy || is_changeable(slot.value);
    top->weight = slot.weight;
    machine->values += slot.weight;
    return 0;
}

static int do_put(pickle_machine *machine, const pickle_op *op)
{
    uint64_t number;
    if (machine->height == pickle_fence(machine)) {
        return pickle_underflow(machine);
    }
    if (pickle_memo_number(&machine->input, &machine->memo, &number) < 0) {
        return -1;
    }
    pickle_slot slot = machine->slots[machine->height - 1];
    slot.offset = op->offset & 0xFFFFFFFFFFFF;
    return pickle_memo_put(&machine->memo, number, &slot);
}

static int do_get(pickle_machine *machine, const pickle_op *op)
{
    uint64_t number;
    pickle_slot slot;
    if (pickle_memo_number(&machine->input, &machine->memo, &number) < 0) {
        return -1;
    }
    if (!pickle_memo_get(&machine->memo, number, op->offset, &slot)) {
        return pickle_fail(machine, LADLE_E_CORRUPT, "nothing was put into the memo as %llu",
                           (unsigned long long)number);
    }
    uint64_t put_offset = slot.offset;
    const pickle_special *special = pickle_special_of(machine->state, slot.value);
    machine->values += special ? special->weight : slot.weight;
    if (pickle_push(machine, slot.value, 0, slot.depth) < 0) {
        return -1;
    }
    pickle_slot *top = &machine->slots[machine->height - 1];
    top->weight = slot.weight;
    top->is_heavy = slot.is_heavy || is_changeable(slot.value);
    const pickle_slot *waiting = &machine->slots[machine->plan.first];
    top->has_symbol = slot.has_symbol;
    top->is_old = machine->stream && put_offset < waiting->offset;
    return 0;
}

static int do_proto(pickle_machine *machine, const pickle_op *op)
{
    if (op->code == OP_PROTO && op->number > 5) {
        return pickle_fail(machine, LADLE_E_UNSUPPORTED, "protocol %llu is not known",
                           (unsigned long long)op->number);
    }
    return 0;
}

static inline int do_plain(pickle_machine *machine, const pickle_op *op)
{
    if (op->info->pops == 0 && op->info->after != AFTER_2_LINES && op->info->pushes) {
        switch (op->code) {
        case OP_EMPTY_LIST:
        case OP_EMPTY_DICT:
        case OP_EMPTY_SET:
        case OP_EMPTY_TUPLE:
            return pickle_do_container(machine, op);
        case OP_EXT1:
        case OP_EXT2:
        case OP_EXT4:
        case OP_PERSID:
        case OP_NEXT_BUFFER:
            return pickle_do_class(machine, op);
        default:
            return pickle_do_scalar(machine, op);
        }
    }
    if (op->code == OP_TUPLE1 || op->code == OP_TUPLE2 || op->code == OP_TUPLE3) {
        return pickle_do_container(machine, op);
    }
    return op->info->pushes ? pickle_do_class(machine, op) : do_proto(machine, op);
}

static inline int do_op(pickle_machine *machine, const pickle_op *op)
{
    switch (op->info->effect) {
    case EFFECT_PLAIN:
        return do_plain(machine, op);
    case EFFECT_PUT:
        return do_put(machine, op);
    case EFFECT_GET:
        return do_get(machine, op);
    case EFFECT_MARK:
        return do_mark(machine);
    case EFFECT_ADD:
    case EFFECT_FILL:
        return do_fill(machine, op);
    case EFFECT_MAKE:
        return do_make(machine, op);
    case EFFECT_DUP:
        return do_dup(machine);
    default:
        return do_drop(machine, op);
    }
}

static int stop(pickle_machine *machine, PyObject **result)
{
    pickle_slot *slot = machine->slots;
    if (machine->height != 1 || machine->mark_count) {
        return pickle_fail(machine, LADLE_E_CORRUPT, "the stack does not hold one value");
    }
    if (machine->stream) {
        *result = Py_NewRef(Py_None);
        return 0;
    }
    if (pickle_finish_slot(machine, slot, false) < 0) {
        return -1;
    }
    *result = Py_NewRef(slot->value);
    return 0;
}

/*
 * The first pass found the pickle bad here.
 */
static int fail_as_scanned(pickle_machine *machine)
{
    machine->input.error = machine->scan_error;
    return -1;
}

int pickle_machine_run(pickle_machine *machine, PyObject **record)
{
    const pickle_op *op = &machine->input.op;
    for (;;) {
        if (machine->flush_count) {
            machine->flush_count -= machine->stream == STREAM_PAIRS ? 2 : 1;
            return pickle_emit(machine, record);
        }
        if (LADLE_UNLIKELY(machine->height > machine->emit_height) &&
            pickle_is_in_stream(machine)) {
            return pickle_emit(machine, record);
        }
        uint64_t offset = pickle_input_offset(&machine->input);
        if (LADLE_UNLIKELY(offset >= machine->stream_from)) {
            pickle_begin_stream(machine);
        }
        if (LADLE_UNLIKELY(offset >= machine->scan_stop)) {
            return fail_as_scanned(machine);
        }
        if (pickle_input_next(&machine->input, false) < 0) {
            return -1;
        }
        if (op->code == OP_STOP) {
            return stop(machine, record);
        }
        if (do_op(machine, op) < 0) {
            return -1;
        }
    }
}
