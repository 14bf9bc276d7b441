/* SPDX-License-Identifier: BSD-2-Clause */
/* Opcodes that make containers, and that put values into them. */
#include "pickle_machine.h"

/*
 * Estimated bytes of containers and of an item in them.
 */
enum {
    TUPLE_COST = 56,
    LIST_COST = 72,
    DICT_COST = 80,
    SET_COST = 216,
    ITEM_COST = 8,
    PAIR_COST = 96,
    MEMBER_COST = 48
};

/*
 * A tuple takes the references over as they are: this is the most frequent opcode of all.
 */
static int make_tuple(pickle_machine *machine, size_t first)
{
    pickle_sum sum;
    size_t count = machine->height - first;
    if (pickle_finish_from(machine, first, true, &sum) < 0) {
        return -1;
    }
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    if (!tuple) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, machine->slots[first + i].value);
        machine->slots[first + i].value = NULL;
    }
    return pickle_replace(machine, first, tuple, TUPLE_COST + ITEM_COST * count, &sum);
}

static PyObject *list_from(pickle_machine *machine, size_t first)
{
    size_t count = machine->height - first;
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list && i < count; i++) {
        PyList_SET_ITEM(list, (Py_ssize_t)i, Py_NewRef(machine->slots[first + i].value));
    }
    return list;
}

int pickle_check_key(pickle_machine *machine, const pickle_slot *slot)
{
    return slot->is_heavy ? pickle_fail(machine, LADLE_E_UNSUPPORTED,
                                        "a key or member holds a list, dict or set that others "
                                        "hold too")
                          : 0;
}

static int add_pairs(pickle_machine *machine, PyObject *dict, size_t first)
{
    if ((machine->height - first) % 2) {
        return pickle_fail(machine, LADLE_E_CORRUPT, "a key has no value");
    }
    for (size_t i = first; i < machine->height; i += 2) {
        const pickle_slot *key = &machine->slots[i];
        if (pickle_check_key(machine, key) < 0) {
            return -1;
        }
        if (PyDict_SetItem(dict, key->value, machine->slots[i + 1].value) < 0) {
            return pickle_settle(machine, NULL);
        }
    }
    return 0;
}

static int add_members(pickle_machine *machine, PyObject *set, size_t first)
{
    for (size_t i = first; i < machine->height; i++) {
        const pickle_slot *member = &machine->slots[i];
        if (pickle_check_key(machine, member) < 0) {
            return -1;
        }
        if (PySet_Add(set, member->value) < 0) {
            return pickle_settle(machine, NULL);
        }
    }
    return 0;
}

/*
 * A list, dict or frozenset of all above the mark.
 */
static int make_of_marked(pickle_machine *machine, uint8_t code, size_t first)
{
    pickle_sum sum;
    size_t count = machine->height - first;
    if (pickle_finish_from(machine, first, false, &sum) < 0) {
        return -1;
    }
    PyObject *made;
    uint64_t cost;
    int result = 0;
    if (code == OP_LIST) {
        made = list_from(machine, first);
        cost = LIST_COST + ITEM_COST * count;
    } else if (code == OP_DICT) {
        made = PyDict_New();
        cost = DICT_COST + PAIR_COST * (count / 2);
        result = made ? add_pairs(machine, made, first) : -1;
    } else {
        made = PyFrozenSet_New(NULL);
        cost = SET_COST + MEMBER_COST * count;
        result = made ? add_members(machine, made, first) : -1;
    }
    if (!made || result < 0) {
        Py_XDECREF(made);
        return -1;
    }
    return pickle_replace(machine, first, made, cost, &sum);
}

int pickle_do_container(pickle_machine *machine, const pickle_op *op)
{
    switch (op->code) {
    case OP_EMPTY_LIST:
        return pickle_push(machine, PyList_New(0), LIST_COST, 1);
    case OP_EMPTY_DICT:
        return pickle_push(machine, PyDict_New(), DICT_COST, 1);
    case OP_EMPTY_SET:
        return pickle_push(machine, PySet_New(NULL), SET_COST, 1);
    case OP_EMPTY_TUPLE:
        return pickle_push(machine, PyTuple_New(0), 0, 1);
    case OP_TUPLE1:
    case OP_TUPLE2:
    case OP_TUPLE3: {
        size_t count = op->code - OP_TUPLE1 + 1u;
        if (machine->height - pickle_fence(machine) < count) {
            return pickle_underflow(machine);
        }
        return make_tuple(machine, machine->height - count);
    }
    default:
        break;
    }
    size_t first = machine->marks[--machine->mark_count];
    return op->code == OP_TUPLE ? make_tuple(machine, first)
                                : make_of_marked(machine, op->code, first);
}

/*
 * Values for something that is made when all is said about it.
 */
static int fill_special(pickle_machine *machine, pickle_special *special, size_t first,
                        bool is_pairs)
{
    PyObject **to = is_pairs ? &special->pairs : &special->items;
    size_t step = is_pairs ? 2 : 1;
    if (special->kind == SPECIAL_NAME || special->is_closing) {
        return pickle_fail(machine, LADLE_E_CORRUPT, "%s",
                           special->is_closing ? "the value contains itself"
                                               : "values are added to a class or function");
    }
    if (!*to && !(*to = PyList_New(0))) {
        return -1;
    }
    for (size_t i = first; i < machine->height; i += step) {
        PyObject *value = machine->slots[i].value;
        if (is_pairs && pickle_check_key(machine, &machine->slots[i]) < 0) {
            return -1;
        }
        PyObject *item =
            is_pairs ? PyTuple_Pack(2, value, machine->slots[i + 1].value) : Py_NewRef(value);
        int result = item ? PyList_Append(*to, item) : -1;
        Py_XDECREF(item);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

static int append_all(pickle_machine *machine, PyObject *list, size_t first)
{
    for (size_t i = first; i < machine->height; i++) {
        if (PyList_Append(list, machine->slots[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int fill(pickle_machine *machine, const pickle_op *op, PyObject *value, size_t first)
{
    pickle_special *special = pickle_special_of(machine->state, value);
    bool is_pairs = op->code == OP_SETITEM || op->code == OP_SETITEMS;
    if (special) {
        return fill_special(machine, special, first, is_pairs);
    }
    if (is_pairs && PyDict_CheckExact(value)) {
        return add_pairs(machine, value, first);
    }
    if (op->code == OP_ADDITEMS && Py_IS_TYPE(value, &PySet_Type)) {
        return add_members(machine, value, first);
    }
    if (!is_pairs && op->code != OP_ADDITEMS && PyList_CheckExact(value)) {
        return append_all(machine, value, first);
    }
    return pickle_fail(machine, LADLE_E_CORRUPT, "values are added to a %.60s",
                       Py_TYPE(value)->tp_name);
}

/*
 * The container holds more now.
 */
static int weigh(pickle_machine *machine, pickle_slot *slot, const pickle_sum *sum)
{
    pickle_special *special = pickle_special_of(machine->state, slot->value);
    if (special) {
        special->weight = pickle_add_weight(special->weight, sum->weight);
        special->is_heavy |= sum->is_heavy;
    }
    slot->weight = pickle_add_weight(slot->weight, sum->weight);
    slot->is_heavy |= sum->is_heavy;
    if (sum->depth + 1 > machine->limits.max_depth) {
        return pickle_fail_limit(machine, "max_depth", machine->limits.max_depth, sum->depth + 1);
    }
    if (sum->depth + 1 > slot->depth) {
        slot->depth = (sum->depth + 1) & 0x1FFF;
    }
    return 0;
}

int pickle_do_fill(pickle_machine *machine, const pickle_op *op, size_t target, size_t first)
{
    pickle_sum sum;
    pickle_slot *slot = &machine->slots[target];
    bool is_pairs = op->code == OP_SETITEM || op->code == OP_SETITEMS;
    uint64_t count = machine->height - first;
    if (slot->is_old) {
        return pickle_fail(machine, LADLE_E_UNSUPPORTED,
                           "it changes a value that was handed out: read the pickle with "
                           "items=False");
    }
    if (is_pairs && count % 2) {
        return pickle_fail(machine, LADLE_E_CORRUPT, "a key has no value");
    }
    machine->spent += count * (is_pairs ? PAIR_COST / 2 : MEMBER_COST);
    if (pickle_finish_from(machine, first, false, &sum) < 0 ||
        fill(machine, op, slot->value, first) < 0 || weigh(machine, slot, &sum) < 0) {
        return -1;
    }
    pickle_drop(machine, first);
    return 0;
}
