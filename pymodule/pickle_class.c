/* SPDX-License-Identifier: BSD-2-Clause */
/* Opcodes that name classes and functions, and that would call them. */
#include "pickle_machine.h"

enum { CALL_COST = 160 };

static int refuse(pickle_machine *machine, PyObject *module, PyObject *name)
{
    const char *module_text = PyUnicode_AsUTF8(module);
    const char *name_text = module_text ? PyUnicode_AsUTF8(name) : NULL;
    PyErr_Clear();
    return pickle_fail(machine, LADLE_E_UNSUPPORTED,
                       "the pickle needs %.40s.%.40s, which is not known (unknown='opaque' "
                       "keeps it as a ladle.Opaque)",
                       module_text ? module_text : "?", name_text ? name_text : "?");
}

/*
 * The table's entry for a name; a failed look-up is an error of ours.
 */
static PyObject *find(pickle_machine *machine, PyObject *module, PyObject *name)
{
    PyObject *found = pickle_name_new(machine->state, machine->find, module, name, false);
    if (!found) {
        if (PyErr_Occurred()) {
            (void)pickle_settle(machine, NULL);
        } else {
            (void)refuse(machine, module, name);
        }
    }
    return found;
}

/*
 * The name on two lines.
 */
static PyObject *name_of_lines(pickle_machine *machine, const pickle_op *op)
{
    PyObject *module = PyUnicode_DecodeUTF8((const char *)op->data, (Py_ssize_t)op->number, NULL);
    PyObject *name =
        module ? PyUnicode_DecodeUTF8((const char *)op->more, (Py_ssize_t)op->more_len, NULL)
               : NULL;
    PyObject *found = NULL;
    if (name) {
        found = find(machine, module, name);
    } else {
        (void)pickle_settle(machine, NULL);
    }
    Py_XDECREF(name);
    Py_XDECREF(module);
    return found;
}

static int do_stack_global(pickle_machine *machine)
{
    size_t first = machine->height - 2;
    PyObject *module = machine->slots[first].value;
    PyObject *name = machine->slots[first + 1].value;
    if (!PyUnicode_CheckExact(module) || !PyUnicode_CheckExact(name)) {
        return pickle_fail(machine, LADLE_E_CORRUPT, "the name of a class is no str");
    }
    PyObject *found = find(machine, module, name);
    pickle_drop(machine, first);
    return pickle_push(machine, found, CALL_COST, 0);
}

/*
 * getattr(class, name): of what is known a longer name, as protocols before 4 write it; of other
 * classes what the table makes of it, a member of an enumeration for example.
 */
static PyObject *name_inside(pickle_machine *machine, pickle_special *getattr, PyObject *args)
{
    PyObject *outer = PyTuple_GET_SIZE(args) == 2 ? PyTuple_GET_ITEM(args, 0) : NULL;
    pickle_special *class = outer ? pickle_special_of(machine->state, outer) : NULL;
    if (!class || class->kind != SPECIAL_NAME || !PyUnicode_CheckExact(PyTuple_GET_ITEM(args, 1))) {
        pickle_fail(machine, LADLE_E_UNSUPPORTED, "it would call getattr");
        return NULL;
    }
    PyObject *name = PyUnicode_FromFormat("%U.%U", class->name, PyTuple_GET_ITEM(args, 1));
    PyObject *found =
        name ? pickle_name_new(machine->state, machine->find, class->module, name, true) : NULL;
    Py_XDECREF(name);
    if (found || PyErr_Occurred()) {
        return found;
    }
    return pickle_call_new(machine->state, getattr, SPECIAL_CALL, args, NULL);
}

/*
 * copyreg.__newobj__(class, ...), as protocols before 2 write it: an instance.
 */
static PyObject *new_from_args(pickle_machine *machine, PyObject *args)
{
    PyObject *first = PyTuple_GET_SIZE(args) ? PyTuple_GET_ITEM(args, 0) : NULL;
    pickle_special *class = first ? pickle_special_of(machine->state, first) : NULL;
    if (!class || class->kind != SPECIAL_NAME) {
        pickle_fail(machine, LADLE_E_CORRUPT, "the class of an instance is none");
        return NULL;
    }
    PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    PyObject *made = rest ? pickle_call_new(machine->state, class, SPECIAL_NEW, rest, NULL) : NULL;
    Py_XDECREF(rest);
    return made;
}

static PyObject *call(pickle_machine *machine, pickle_special *name, PyObject *args)
{
    if (pickle_special_is(name, "builtins", "getattr")) {
        return name_inside(machine, name, args);
    }
    if (pickle_special_is(name, "copyreg", "__newobj__")) {
        return new_from_args(machine, args);
    }
    return pickle_call_new(machine->state, name, SPECIAL_CALL, args, NULL);
}

/*
 * What stands where a class or function must.
 */
static pickle_special *class_at(pickle_machine *machine, size_t height)
{
    pickle_special *name = pickle_special_of(machine->state, machine->slots[height].value);
    if (!name || name->kind != SPECIAL_NAME) {
        pickle_fail(machine, LADLE_E_UNSUPPORTED, "it would call what is not named in the pickle");
        return NULL;
    }
    return name;
}

/*
 * Put what is made in the place of the values from 'first' on.
 */
static int replace(pickle_machine *machine, size_t first, PyObject *made, const pickle_sum *sum)
{
    pickle_special *special = made ? pickle_special_of(machine->state, made) : NULL;
    if (special) {
        special->weight = sum->weight;
        special->is_heavy = sum->is_heavy;
    }
    pickle_sum of_call = *sum;
    of_call.has_symbol = false;
    return pickle_replace(machine, first, made, CALL_COST, &of_call);
}

/*
 * A set is made of a list, whose items are hashed.
 */
static int check_members(pickle_machine *machine, const pickle_special *name, bool is_heavy)
{
    if (is_heavy && pickle_special_is_set(name)) {
        return pickle_fail(machine, LADLE_E_UNSUPPORTED,
                           "a member holds a list, dict or set that others hold too");
    }
    return 0;
}

/*
 * REDUCE, NEWOBJ and NEWOBJ_EX: a class, a tuple of arguments, and a dict of keywords.
 */
static int do_call(pickle_machine *machine, const pickle_op *op)
{
    pickle_sum sum;
    size_t first = machine->height - op->info->pops;
    pickle_special *name = class_at(machine, first);
    if (!name || pickle_finish_from(machine, first + 1, true, &sum) < 0 ||
        check_members(machine, name, sum.is_heavy) < 0) {
        return -1;
    }
    PyObject *args = machine->slots[first + 1].value;
    PyObject *kwargs = op->code == OP_NEWOBJ_EX ? machine->slots[first + 2].value : NULL;
    if (!PyTuple_CheckExact(args) || (kwargs && !PyDict_CheckExact(kwargs))) {
        return pickle_fail(machine, LADLE_E_CORRUPT, "the arguments are no tuple");
    }
    PyObject *made = op->code == OP_REDUCE
                         ? call(machine, name, args)
                         : pickle_call_new(machine->state, name, SPECIAL_NEW, args, kwargs);
    return replace(machine, first, made, &sum);
}

/*
 * The name may stand for a value of its own, as Ellipsis does.
 */
static PyObject *call_name(pickle_machine *machine, PyObject *value, PyObject *args, bool is_heavy)
{
    pickle_special *name = pickle_special_of(machine->state, value);
    if (!name) {
        pickle_fail(machine, LADLE_E_UNSUPPORTED, "it would call a value");
        return NULL;
    }
    return check_members(machine, name, is_heavy) < 0 ? NULL : call(machine, name, args);
}

/*
 * INST and OBJ: the arguments stand above the mark, for OBJ behind the class.
 */
static int do_marked_call(pickle_machine *machine, const pickle_op *op)
{
    pickle_sum sum;
    size_t first = machine->marks[--machine->mark_count];
    size_t args_first = first + (op->code == OP_OBJ);
    if (machine->height < args_first) {
        return pickle_underflow(machine);
    }
    if (pickle_finish_from(machine, args_first, true, &sum) < 0) {
        return -1;
    }
    PyObject *name = op->code == OP_OBJ ? Py_XNewRef((PyObject *)class_at(machine, first))
                                        : name_of_lines(machine, op);
    if (!name) {
        return -1;
    }
    PyObject *made = NULL;
    PyObject *args = PyTuple_New((Py_ssize_t)(machine->height - args_first));
    if (args) {
        for (size_t i = args_first; i < machine->height; i++) {
            PyTuple_SET_ITEM(args, (Py_ssize_t)(i - args_first),
                             Py_NewRef(machine->slots[i].value));
        }
        made = call_name(machine, name, args, sum.is_heavy);
        Py_DECREF(args);
    }
    Py_DECREF(name);
    sum.depth++;
    return replace(machine, first, made, &sum);
}

/*
 * BUILD: the state of what is below it.
 */
static int do_build(pickle_machine *machine)
{
    pickle_slot *target = &machine->slots[machine->height - 2];
    pickle_slot *state = &machine->slots[machine->height - 1];
    pickle_special *special = pickle_special_of(machine->state, target->value);
    if (!special) {
        return pickle_fail(machine, LADLE_E_UNSUPPORTED, "it would change a %.60s",
                           Py_TYPE(target->value)->tp_name);
    }
    if (special->kind == SPECIAL_NAME) {
        return pickle_fail(machine, LADLE_E_UNSUPPORTED, "it would change a class or function");
    }
    if (special->is_closing || special->state) {
        return pickle_fail(machine, LADLE_E_UNSUPPORTED, "%s",
                           special->is_closing ? "the value contains itself"
                                               : "the value has a state already");
    }
    if (pickle_finish_slot(machine, state, true) < 0) {
        return -1;
    }
    unsigned depth = state->depth + 1u;
    if (depth > machine->limits.max_depth) {
        return pickle_fail_limit(machine, "max_depth", machine->limits.max_depth, depth);
    }
    special->state = Py_NewRef(state->value);
    special->weight = pickle_add_weight(special->weight, state->weight);
    special->is_heavy |= state->is_heavy;
    target->depth = depth > target->depth ? depth & 0x1FFF : target->depth;
    pickle_drop(machine, machine->height - 1);
    return 0;
}

static int refuse_extension(pickle_machine *machine, const pickle_op *op)
{
    return pickle_fail(machine, LADLE_E_UNSUPPORTED,
                       "class number %llu of copyreg's extension registry is not known",
                       (unsigned long long)op->number);
}

int pickle_do_class(pickle_machine *machine, const pickle_op *op)
{
    if (machine->height - pickle_fence(machine) < op->info->pops) {
        return pickle_underflow(machine);
    }
    switch (op->code) {
    case OP_GLOBAL:
        return pickle_push(machine, name_of_lines(machine, op), CALL_COST, 0);
    case OP_STACK_GLOBAL:
        return do_stack_global(machine);
    case OP_REDUCE:
    case OP_NEWOBJ:
    case OP_NEWOBJ_EX:
        return do_call(machine, op);
    case OP_INST:
    case OP_OBJ:
        return do_marked_call(machine, op);
    case OP_BUILD:
        return do_build(machine);
    case OP_EXT1:
    case OP_EXT2:
    case OP_EXT4:
        return refuse_extension(machine, op);
    case OP_PERSID:
    case OP_BINPERSID:
        return pickle_fail(machine, LADLE_E_UNSUPPORTED,
                           "a part of the value is kept outside of the pickle, as torch.save does");
    default:
        return pickle_fail(machine, LADLE_E_UNSUPPORTED, "a buffer is kept outside of the pickle");
    }
}
