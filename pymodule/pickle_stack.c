/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's stack: what goes in and out, and what its values may cost. */
#include "errors.h"
#include "pickle_machine.h"

int pickle_underflow(pickle_machine *machine)
{
    return pickle_fail(machine, LADLE_E_CORRUPT, "the stack has too few values");
}

int pickle_fail_limit(pickle_machine *machine, const char *limit, uint64_t value, uint64_t needed)
{
    pickle_fail(machine, LADLE_E_LIMIT, "%s is %llu and does not suffice", limit,
                (unsigned long long)value);
    machine->input.error.limit = limit;
    machine->input.error.limit_value = value;
    machine->input.error.needed = needed;
    return -1;
}

static int grow(pickle_machine *machine)
{
    size_t capacity = machine->capacity ? 2 * machine->capacity : 256;
    pickle_slot *slots = PyMem_Realloc(machine->slots, capacity * sizeof *slots);
    if (!slots) {
        PyErr_NoMemory();
        return -1;
    }
    machine->slots = slots;
    machine->capacity = capacity;
    return 0;
}

static int fail_spent(pickle_machine *machine)
{
    if (machine->values > machine->values_max) {
        return pickle_fail_limit(machine, "max_items", machine->limits.max_items, LADLE_UNKNOWN);
    }
    return pickle_fail_limit(machine, "max_memory", machine->limits.max_memory, LADLE_UNKNOWN);
}

int pickle_push(pickle_machine *machine, PyObject *value, uint64_t cost, unsigned depth)
{
    if (LADLE_UNLIKELY(!value)) {
        return -1;
    }
    pickle_slot slot = {.value = value,
                        .offset = machine->input.op.offset & 0xFFFFFFFFFFFF,
                        .depth = depth & 0x1FFF,
                        .spent = machine->spent,
                        .weight = 1};
    machine->spent += cost;
    machine->values++;
    bool is_refused = false;
    if (LADLE_UNLIKELY(machine->spent > machine->spent_max ||
                       machine->values > machine->values_max)) {
        is_refused = fail_spent(machine) < 0;
    } else if (LADLE_UNLIKELY(depth > machine->limits.max_depth)) {
        is_refused = pickle_fail_limit(machine, "max_depth", machine->limits.max_depth, depth) < 0;
    } else if (LADLE_UNLIKELY(machine->height == machine->capacity)) {
        is_refused = grow(machine) < 0;
    }
    if (LADLE_UNLIKELY(is_refused)) {
        Py_DECREF(value);
        return -1;
    }
    machine->slots[machine->height++] = slot;
    return 0;
}

void pickle_drop(pickle_machine *machine, size_t height)
{
    while (machine->height > height) {
        machine->height--;
        Py_CLEAR(machine->slots[machine->height].value);
    }
}

/*
 * The text of the exception that is set, which is cleared.
 */
static PyObject *text_of_exception(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyObject *text = value ? PyObject_Str(value) : NULL;
    if (!text) {
        PyErr_Clear();
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return text;
}

int pickle_settle(pickle_machine *machine, const pickle_special *culprit)
{
    if (!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_MemoryError) ||
        !PyErr_ExceptionMatches(PyExc_Exception)) {
        return -1;
    }
    bool is_unsupported = PyErr_ExceptionMatches(machine->state->unsupported_error);
    PyObject *text = text_of_exception();
    const char *reason = text ? PyUnicode_AsUTF8(text) : NULL;
    const char *name = culprit ? PyUnicode_AsUTF8(culprit->name) : NULL;
    const char *module = culprit ? PyUnicode_AsUTF8(culprit->module) : NULL;
    PyErr_Clear();
    if (is_unsupported) {
        pickle_fail(machine, LADLE_E_UNSUPPORTED, "%.110s", reason ? reason : "");
    } else if (name && module) {
        pickle_fail(machine, LADLE_E_CORRUPT, "no %.40s.%.40s: %.60s", module, name,
                    reason ? reason : "");
    } else {
        pickle_fail(machine, LADLE_E_CORRUPT, "%.110s", reason ? reason : "");
    }
    Py_XDECREF(text);
    return -1;
}

static int refuse_name(pickle_machine *machine, const pickle_special *special)
{
    const char *module = PyUnicode_AsUTF8(special->module);
    const char *name = module ? PyUnicode_AsUTF8(special->name) : NULL;
    PyErr_Clear();
    return pickle_fail(machine, LADLE_E_UNSUPPORTED,
                       "%.50s.%.50s itself, a class or function, is no value",
                       module ? module : "?", name ? name : "?");
}

int pickle_finish_slot(pickle_machine *machine, pickle_slot *slot, bool allows_symbol)
{
    pickle_special *special = pickle_special_of(machine->state, slot->value);
    if (LADLE_LIKELY(!special)) {
        if (LADLE_UNLIKELY(slot->has_symbol && !allows_symbol)) {
            return pickle_fail(machine, LADLE_E_UNSUPPORTED,
                               "a tuple with a class or function in it is no value");
        }
        return 0;
    }
    if (special->kind == SPECIAL_NAME) {
        slot->has_symbol = true;
        return allows_symbol ? 0 : refuse_name(machine, special);
    }
    PyObject *value = pickle_special_value(special);
    if (!value) {
        return pickle_settle(machine, special);
    }
    slot->value = value;
    slot->weight = special->weight;
    slot->is_heavy = special->is_heavy;
    Py_DECREF(special);
    return 0;
}

int pickle_finish_from(pickle_machine *machine, size_t first, bool allows_symbol, pickle_sum *sum)
{
    *sum = (pickle_sum){.weight = 1};
    for (size_t i = first; i < machine->height; i++) {
        pickle_slot *slot = &machine->slots[i];
        if (pickle_finish_slot(machine, slot, allows_symbol) < 0) {
            return -1;
        }
        sum->depth = slot->depth > sum->depth ? slot->depth : sum->depth;
        sum->weight = pickle_add_weight(sum->weight, slot->weight);
        sum->has_symbol |= slot->has_symbol;
        sum->is_heavy |= slot->is_heavy;
    }
    return 0;
}

int pickle_replace(pickle_machine *machine, size_t first, PyObject *value, uint64_t cost,
                   const pickle_sum *sum)
{
    bool replaces = machine->height > first;
    pickle_slot before = replaces ? machine->slots[first] : (pickle_slot){0};
    pickle_drop(machine, first);
    if (pickle_push(machine, value, cost, sum->depth + 1) < 0) {
        return -1;
    }
    pickle_slot *slot = &machine->slots[first];
    slot->has_symbol = sum->has_symbol;
    slot->is_heavy = sum->is_heavy;
    slot->weight = sum->weight;
    if (replaces) {
        slot->offset = before.offset;
        slot->spent = before.spent;
    }
    return 0;
}
