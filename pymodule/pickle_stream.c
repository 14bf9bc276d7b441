/* SPDX-License-Identifier: BSD-2-Clause */
/* Records that leave the machine while it runs: the items of the one container of a pickle. */
#include "pickle_machine.h"

void pickle_renew_limits(pickle_machine *machine, size_t first)
{
    uint64_t spent = machine->height > first ? machine->slots[first].spent : machine->spent;
    machine->spent_max = spent + machine->limits.max_memory;
    machine->values_max = machine->values + machine->limits.max_items;
}

static pickle_stream stream_of_type(const pickle_machine *machine, PyObject *value)
{
    const pickle_special *special = pickle_special_of(machine->state, value);
    if (special) {
        return special->kind == SPECIAL_CALL ? special->stream : STREAM_NOTHING;
    }
    return PyDict_CheckExact(value)                                     ? STREAM_PAIRS
           : PyList_CheckExact(value) || Py_IS_TYPE(value, &PySet_Type) ? STREAM_ITEMS
                                                                        : STREAM_NOTHING;
}

/*
 * What already is in it was put there by its making: a deque of a list. It is not streamed then.
 */
static bool is_empty(const pickle_machine *machine, PyObject *value)
{
    const pickle_special *special = pickle_special_of(machine->state, value);
    if (!special) {
        return PyObject_Size(value) == 0;
    }
    PyObject *first = PyTuple_GET_SIZE(special->args) ? PyTuple_GET_ITEM(special->args, 0) : NULL;
    bool is_filled = first && !pickle_special_of(machine->state, first) && first != Py_None &&
                     !(PyTuple_CheckExact(first) && PyTuple_GET_SIZE(first) == 0);
    return !is_filled && !special->items && !special->pairs && !special->state;
}

/*
 * An OrderedDict of Python 2 is made of a list of lists, each of a key and a value.
 */
static bool is_made_of_lists(const pickle_special *name)
{
    return pickle_special_is(name, "collections", "OrderedDict");
}

/*
 * Whether a class makes itself of the container, whose items are then those of the whole.
 */
static bool is_taken_by(const pickle_machine *machine, PyObject *class, pickle_stream stream)
{
    const pickle_special *name = pickle_special_of(machine->state, class);
    return name && name->kind == SPECIAL_NAME &&
           (name->stream == stream || (stream == STREAM_ITEMS && is_made_of_lists(name)));
}

static pickle_stream stream_of_container(const pickle_machine *machine)
{
    size_t at = machine->plan.first - 1;
    if (machine->height != at + 1) {
        return STREAM_NOTHING;
    }
    PyObject *value = machine->slots[at].value;
    pickle_stream stream = stream_of_type(machine, value);
    if (!stream || !is_empty(machine, value)) {
        return STREAM_NOTHING;
    }
    return at == 0 || is_taken_by(machine, machine->slots[0].value, stream) ? stream
                                                                            : STREAM_NOTHING;
}

/*
 * What is asked of items: of a container by its type, or by the class that makes itself of it.
 */
static void ask_of_items(pickle_machine *machine)
{
    const pickle_plan *plan = &machine->plan;
    const pickle_slot *container = &machine->slots[plan->first - 1];
    machine->hashes = machine->stream == STREAM_PAIRS || plan->closed_by == OP_FROZENSET;
    machine->unpacks = false;
    if (plan->kind != PLAN_CONTAINER) {
        return;
    }
    machine->hashes |= Py_IS_TYPE(container->value, &PySet_Type);
    const pickle_special *class =
        plan->first == 2 ? pickle_special_of(machine->state, container[-1].value) : NULL;
    if (class && machine->stream == STREAM_ITEMS) {
        machine->hashes |= pickle_special_is_set(class);
        machine->unpacks = is_made_of_lists(class);
    }
}

void pickle_begin_stream(pickle_machine *machine)
{
    const pickle_plan *plan = &machine->plan;
    machine->stream_from = LADLE_UNKNOWN;
    if (plan->kind == PLAN_CONTAINER) {
        machine->stream = stream_of_container(machine);
    } else if (plan->closed_by == OP_DICT) {
        machine->stream = STREAM_PAIRS;
    } else if (plan->closed_by != OP_OBJ && plan->closed_by != OP_INST) {
        machine->stream = STREAM_ITEMS;
    }
    if (machine->stream) {
        ask_of_items(machine);
        size_t step = machine->stream == STREAM_PAIRS ? 2 : 1;
        machine->emit_height = plan->first + (size_t)plan->lag + step - 1;
    }
}

/*
 * The dict or set is not built, but what it would refuse is refused.
 */
static int check_hash(pickle_machine *machine, const pickle_slot *slot)
{
    if (pickle_check_key(machine, slot) < 0) {
        return -1;
    }
    return PyObject_Hash(slot->value) == -1 ? pickle_settle(machine, NULL) : 0;
}

/*
 * Make a pair of a list of a key and a value.
 */
static int unpack(pickle_machine *machine, pickle_slot *slot)
{
    bool is_list = PyList_CheckExact(slot->value) || PyTuple_CheckExact(slot->value);
    PyObject *pair = is_list ? PySequence_Tuple(slot->value) : NULL;
    if (!pair || PyTuple_GET_SIZE(pair) != 2) {
        Py_XDECREF(pair);
        return PyErr_Occurred() ? -1
                                : pickle_fail(machine, LADLE_E_CORRUPT,
                                              "no pair of a key and a value for an OrderedDict");
    }
    Py_SETREF(slot->value, pair);
    bool is_hashable = slot->is_heavy || PyObject_Hash(PyTuple_GET_ITEM(pair, 0)) != -1;
    return is_hashable ? 0 : pickle_settle(machine, NULL);
}

int pickle_emit(pickle_machine *machine, PyObject **record)
{
    size_t first = machine->plan.first;
    size_t step = machine->stream == STREAM_PAIRS ? 2 : 1;
    pickle_slot *slots = &machine->slots[first];
    for (size_t i = 0; i < step; i++) {
        if (pickle_finish_slot(machine, &slots[i], false) < 0) {
            return -1;
        }
    }
    if (machine->hashes && check_hash(machine, &slots[0]) < 0) {
        return -1;
    }
    if (machine->unpacks && unpack(machine, &slots[0]) < 0) {
        return -1;
    }
    if (step == 1) {
        *record = slots[0].value;
    } else {
        *record = PyTuple_New(2);
        if (!*record) {
            return -1;
        }
        PyTuple_SET_ITEM(*record, 0, slots[0].value);
        PyTuple_SET_ITEM(*record, 1, slots[1].value);
    }
    machine->height -= step;
    memmove(slots, slots + step, (machine->height - first) * sizeof *slots);
    pickle_renew_limits(machine, first);
    return 1;
}

int pickle_check_pairs(pickle_machine *machine, size_t count)
{
    return machine->stream == STREAM_PAIRS && count % 2
               ? pickle_fail(machine, LADLE_E_CORRUPT, "a key has no value")
               : 0;
}

int pickle_streams_fill(pickle_machine *machine, const pickle_op *op, size_t target, size_t first)
{
    bool is_pairs = op->code == OP_SETITEM || op->code == OP_SETITEMS;
    if (!machine->stream || machine->mark_count != machine->plan.outer ||
        target + 1 != machine->plan.first) {
        return 0;
    }
    if (is_pairs != (machine->stream == STREAM_PAIRS)) {
        return pickle_fail(machine, LADLE_E_CORRUPT, "the container is none for it");
    }
    machine->flush_count = machine->height - first;
    return pickle_check_pairs(machine, machine->flush_count) < 0 ? -1 : 1;
}

bool pickle_is_in_stream(const pickle_machine *machine)
{
    uint32_t outer = machine->plan.outer;
    return machine->mark_count == outer + 1 && machine->marks[outer] == machine->plan.first;
}
