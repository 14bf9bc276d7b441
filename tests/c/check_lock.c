/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* mkostemp */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[] = "ladle-lock-XXXXXX";

static int new_file(void)
{
    memcpy(path, "ladle-lock-XXXXXX", sizeof path);
    int fd = mkostemp(path, O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static int reopened(int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static bool is_locked(int fd)
{
    bool locked = false;
    must(ladle_fd_is_locked(fd, &locked, NULL));
    return locked;
}

START_TEST(second_writer_is_refused_until_the_first_is_gone)
{
    ladle_error error;
    int first = new_file();
    int second = reopened(O_RDWR);
    int reader = reopened(O_RDONLY);
    ck_assert(!is_locked(reader));
    must(ladle_fd_lock(first, &error));
    must_give(LADLE_E_STATE, ladle_fd_lock(second, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "another writer"));
    ck_assert(is_locked(reader) && is_locked(second) && !is_locked(first));
    close(first);
    ck_assert(!is_locked(reader));
    must(ladle_fd_lock(second, &error));
    close(reader); /* takes no lock away, as locks of processes would */
    int third = reopened(O_RDONLY);
    ck_assert(is_locked(third));
    close(third);
    close(second);
    unlink(path);
}
END_TEST

START_TEST(lock_goes_with_its_process)
{
    int reader = new_file();
    int ready[2];
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = reopened(O_RDWR);
        ladle_status status = ladle_fd_lock(fd, NULL);
        ssize_t written = write(ready[1], &status, sizeof status);
        pause();
        _exit(written < 0);
    }
    ladle_status status;
    ck_assert_int_eq(read(ready[0], &status, sizeof status), sizeof status);
    ck_assert_int_eq(status, LADLE_OK);
    ck_assert(is_locked(reader));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ck_assert(!is_locked(reader));
    close(ready[0]);
    close(ready[1]);
    close(reader);
    unlink(path);
}
END_TEST

START_TEST(what_is_no_file_gives_an_error)
{
    ladle_error error;
    bool locked;
    must_give(LADLE_E_IO, ladle_fd_lock(-1, &error));
    ck_assert_int_eq(error.os_errno, EBADF);
    must_give(LADLE_E_IO, ladle_fd_is_locked(-1, &locked, &error));
    ck_assert_int_eq(error.os_errno, EBADF);
}
END_TEST

Suite *lock_suite(void)
{
    Suite *suite = suite_create("lock");
    TCase *tcase = tcase_create("lock");
    tcase_add_test(tcase, second_writer_is_refused_until_the_first_is_gone);
    tcase_add_test(tcase, lock_goes_with_its_process);
    tcase_add_test(tcase, what_is_no_file_gives_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
