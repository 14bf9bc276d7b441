/* SPDX-License-Identifier: BSD-2-Clause */
#include "writer.h"

#include "errors.h"
#include "options.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

static void release_key(void *tag)
{
    Py_DECREF((PyObject *)tag);
}

void core_writer_enlist(Writer *self)
{
    core_state *state = self->state;
    self->next = state->writers;
    self->previous = NULL;
    if (self->next) {
        self->next->previous = self;
    }
    state->writers = self;
}

void core_writer_delist(Writer *self)
{
    *(self->previous ? &self->previous->next : &self->state->writers) = self->next;
    if (self->next) {
        self->next->previous = self->previous;
    }
}

/*
 * The number of the descriptor stays in use, for whoever closes it later.
 */
void core_writers_after_fork(core_state *state)
{
    int nothing = state->writers ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
    for (Writer *writer = state->writers; writer && nothing >= 0; writer = writer->next) {
        if (writer->file.fd >= 0 && writer->file.is_owned) {
            (void)dup2(nothing, writer->file.fd);
        }
    }
    if (nothing >= 0) {
        close(nothing);
    }
}

struct options {
    PyObject *target, *name, *metadata, *hook, *limits, *uuid, *level, *block_size, *threads;
    const char *compression;
    PyObject *directory;
    int owns, appends;
};

static int parse(PyObject *args, PyObject *kwargs, struct options *options)
{
    static char *keywords[] = {"",           "name",     "owns",      "compression", "level",
                               "block_size", "metadata", "default",   "limits",      "uuid",
                               "threads",    "append",   "directory", NULL};
    return PyArg_ParseTupleAndKeywords(
               args, kwargs, "O|$OpzOOOOOOOpO:Writer", keywords, &options->target, &options->name,
               &options->owns, &options->compression, &options->level, &options->block_size,
               &options->metadata, &options->hook, &options->limits, &options->uuid,
               &options->threads, &options->appends, &options->directory)
               ? 0
               : -1;
}

/*
 * Copy the metadata, and append them as a tagged dict.
 */
static int take_metadata(Writer *self, PyObject *given, ladle_buffer *tagged)
{
    PyObject *key;
    Py_ssize_t position = 0;
    self->metadata = PyDict_New();
    if (!self->metadata || !given || given == Py_None) {
        return self->metadata ? 0 : -1;
    }
    int is_mapping = PyObject_IsInstance(given, self->state->mapping_type);
    if (is_mapping == 0) {
        PyErr_Format(PyExc_TypeError, "metadata is a %s: it must be a dict with str keys, or None",
                     Py_TYPE(given)->tp_name);
    }
    if (is_mapping <= 0 || PyDict_Update(self->metadata, given) < 0) {
        return -1;
    }
    while (PyDict_Next(self->metadata, &position, &key, NULL)) {
        if (!PyUnicode_CheckExact(key)) {
            PyErr_Format(PyExc_TypeError, "metadata has the key %R: keys must be str", key);
            return -1;
        }
    }
    tagged->len_max = self->encoder.limits.max_record;
    if (PyDict_GET_SIZE(self->metadata) &&
        core_encode_tagged(&self->encoder, tagged, self->metadata) < 0) {
        core_path_member(&self->encoder, "metadata");
        core_encoder_raise(&self->encoder, LADLE_UNKNOWN, self->name);
        return -1;
    }
    return 0;
}

/*
 * Have the library write to the file, or go on writing it.
 */
static int open_library(Writer *self, ladle_writer_options *options, bool appends)
{
    ladle_error error;
    ladle_recovered recovered = {.cut_len = 0};
    ladle_sink sink = core_file_sink(&self->file);
    ladle_status status;
    if (appends) {
        ladle_source source = core_file_source(&self->file);
        source.close = NULL;
        status =
            ladle_writer_open_append(&self->writer, &source, &sink, options, &recovered, &error);
    } else {
        status = ladle_writer_open(&self->writer, &sink, options, &error);
    }
    self->cut_len = recovered.cut_len;
    if (status != LADLE_OK) {
        core_raise(self->state, &error, self->name);
        return -1;
    }
    self->encoder.shape = ladle_writer_shape(self->writer);
    self->memory_bound = ladle_writer_memory_bound(self->writer);
    return 0;
}

static int level_from(PyObject *given, int64_t *level)
{
    if (core_number_from(given, "level", INT_MIN, INT_MAX, level) < 0) {
        return -1;
    }
    if (*level == 0 && given && given != Py_None) {
        PyErr_SetString(PyExc_ValueError, "level is 0: None is the default of the compression, and "
                                          "compression=None is for none");
        return -1;
    }
    return 0;
}

static int open_writer(Writer *self, const struct options *given)
{
    ladle_writer_options options = LADLE_WRITER_OPTIONS_INIT;
    ladle_buffer tagged = {0};
    uint8_t uuid[16];
    bool has_uuid;
    int64_t level = 0;
    int64_t block_len = 0;
    int64_t threads = 0;
    self->name = core_name_of(given->name, given->target);
    if (!self->name || core_compression_check(given->compression) < 0 ||
        level_from(given->level, &level) < 0 ||
        core_number_from(given->block_size, "block_size", 1, INT_MAX, &block_len) < 0 ||
        core_number_from(given->threads, "threads", 0, CORE_THREADS_MAX, &threads) < 0 ||
        core_default_check(given->hook) < 0 ||
        core_limits_from(self->state, given->limits, &self->encoder.limits) < 0 ||
        core_uuid_from(given->uuid, uuid, &has_uuid) < 0) {
        return -1;
    }
    if (given->hook && given->hook != Py_None) {
        self->default_hook = Py_NewRef(given->hook);
    }
    self->encoder.default_hook = self->default_hook;
    int result = take_metadata(self, given->metadata, &tagged);
    if (result == 0) {
        options.codec = given->compression;
        options.level = (int)level;
        options.block_len = (size_t)block_len;
        options.uuid = has_uuid ? uuid : NULL;
        options.metadata = tagged.len ? tagged.data : NULL;
        options.metadata_len = tagged.len;
        options.limits = &self->encoder.limits;
        options.release_tag = release_key;
        options.threads = (unsigned)threads;
        result = open_library(self, &options, given->appends);
    }
    ladle_buffer_free(&tagged);
    return result;
}

int core_writer_init(Writer *self, PyObject *args, PyObject *kwargs)
{
    struct options options = {0};
    int ignored;
    if (parse(args, kwargs, &options) < 0) {
        return -1;
    }
    if (self->state) {
        PyErr_SetString(PyExc_RuntimeError, "the writer is open already");
        return -1;
    }
    core_state *state = core_state_of_type(Py_TYPE(self));
    if (core_file_open_sink(&self->file, state, options.target, options.owns) < 0) {
        return -1;
    }
    if (core_file_take_directory(&self->file, options.directory) < 0) {
        (void)core_file_close(&self->file, &ignored);
        return -1;
    }
    self->state = state;
    self->encoder.state = state;
    self->fork_count = state->fork_count;
    if (open_writer(self, &options) < 0) {
        (void)core_file_close(&self->file, &ignored);
        return -1;
    }
    core_writer_enlist(self);
    return 0;
}
