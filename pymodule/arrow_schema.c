/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrow schemas: of columns for others, and what others say of theirs. */
#include "arrow_column.h"
#include "records.h"

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; schema->children && i < schema->n_children; i++) {
        ARROW_RELEASE(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    if (schema->dictionary) {
        ARROW_RELEASE(schema->dictionary);
        free(schema->dictionary);
    }
    free((void *)(uintptr_t)schema->format);
    free((void *)(uintptr_t)schema->name);
    schema->release = NULL;
}

static char *copy_text(const char *text)
{
    size_t len = strlen(text) + 1;
    char *copy = malloc(len);
    return copy ? memcpy(copy, text, len) : NULL;
}

/*
 * The schema of a column in memory of its own. NULL: an exception is set.
 */
static struct ArrowSchema *new_schema(const arrow_column *column)
{
    struct ArrowSchema *schema = calloc(1, sizeof *schema);
    if (!schema) {
        PyErr_NoMemory();
    } else if (arrow_column_schema(column, schema) < 0) {
        free(schema);
        schema = NULL;
    }
    return schema;
}

/*
 * What is below a column: children, or a dictionary.
 */
static int add_below(const arrow_column *column, struct ArrowSchema *out)
{
    if (arrow_is_encoded(column)) {
        out->dictionary = new_schema(&column->children[0]);
        return out->dictionary ? 0 : -1;
    }
    for (size_t i = 0; i < column->child_count; i++) {
        struct ArrowSchema *child = new_schema(&column->children[i]);
        if (!child) {
            return -1;
        }
        out->children[out->n_children++] = child;
    }
    return 0;
}

int arrow_column_schema(const arrow_column *column, struct ArrowSchema *out)
{
    size_t count = column->child_count;
    *out = (struct ArrowSchema){.format = copy_text(column->format),
                                .name = copy_text(column->name),
                                .flags = column->is_nullable ? ARROW_FLAG_NULLABLE : 0,
                                .children = calloc(count ? count : 1, sizeof *out->children),
                                .release = release_schema};
    if (!out->format || !out->name || !out->children) {
        PyErr_NoMemory();
    } else if (add_below(column, out) == 0) {
        return 0;
    }
    release_schema(out);
    return -1;
}

static void free_schema_capsule(PyObject *capsule)
{
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema) {
        ARROW_RELEASE(schema);
    }
    PyMem_RawFree(schema);
}

const char core_arrow_schema_doc[] = PyDoc_STR("_arrow_schema(plan, /)\n--\n\n"
                                               "A capsule with the schema that a plan makes.");

PyObject *core_arrow_schema(PyObject *module, PyObject *plan)
{
    const core_state *state = PyModule_GetState(module);
    struct ArrowSchema *schema = PyMem_RawCalloc(1, sizeof *schema);
    arrow_column root = {.op = ARROW_NULL};
    PyObject *capsule = NULL;
    if (!schema) {
        return PyErr_NoMemory();
    }
    if (arrow_column_init(state, &root, plan) == 0 && arrow_column_schema(&root, schema) == 0) {
        capsule = PyCapsule_New(schema, "arrow_schema", free_schema_capsule);
    }
    arrow_column_clear(&root);
    if (!capsule) {
        ARROW_RELEASE(schema);
        PyMem_RawFree(schema);
    }
    return capsule;
}

const char core_arrow_describe_doc[] = PyDoc_STR(
    "_arrow_describe(capsule, /)\n--\n\n"
    "What a capsule with a schema says: format, name, whether there may be nulls, children,\n"
    "and of a dictionary, whose values the numbers stand for, the same, or None.");

static PyObject *describe(const struct ArrowSchema *schema)
{
    PyObject *dictionary = schema->dictionary ? describe(schema->dictionary) : Py_NewRef(Py_None);
    PyObject *children = PyTuple_New((Py_ssize_t)schema->n_children);
    for (Py_ssize_t i = 0; children && i < (Py_ssize_t)schema->n_children; i++) {
        PyObject *child = describe(schema->children[i]);
        if (child) {
            PyTuple_SET_ITEM(children, i, child);
        } else {
            Py_CLEAR(children);
        }
    }
    /* N passes a NULL on, as a failure. */
    return Py_BuildValue("(ssNNN)", schema->format, schema->name ? schema->name : "",
                         PyBool_FromLong(schema->flags & ARROW_FLAG_NULLABLE), children,
                         dictionary);
}

PyObject *core_arrow_describe(PyObject *Py_UNUSED(module), PyObject *capsule)
{
    const struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema && !schema->release) {
        PyErr_SetString(PyExc_ValueError, "the requested Arrow schema was released");
        return NULL;
    }
    return schema ? describe(schema) : NULL;
}
