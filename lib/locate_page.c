/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate_page.h"

#include "alloc.h"

void ladle_page_free(struct ladle_pages *pages, struct ladle_page *page)
{
    ladle_free(pages->allocator, page->entries, page->capacity, sizeof *page->entries);
    *page = (struct ladle_page){.used = 0};
}

void ladle_pages_forget(struct ladle_pages *pages)
{
    for (size_t i = 0; i < LADLE_PAGE_COUNT; i++) {
        ladle_page_free(pages, &pages->pages[i]);
    }
}

struct ladle_page *ladle_pages_find(struct ladle_pages *pages, uint64_t segment_offset,
                                    uint64_t record)
{
    for (size_t i = 0; i < LADLE_PAGE_COUNT; i++) {
        struct ladle_page *page = &pages->pages[i];
        if (page->used && page->segment_offset == segment_offset && page->first_record <= record &&
            record < page->record_count) {
            page->used = ++pages->uses;
            return page;
        }
    }
    return NULL;
}

struct ladle_page *ladle_pages_add(struct ladle_pages *pages, uint64_t segment_offset,
                                   uint64_t first_record, uint32_t capacity)
{
    struct ladle_page *page = &pages->pages[0];
    for (size_t i = 1; i < LADLE_PAGE_COUNT; i++) {
        page = pages->pages[i].used < page->used ? &pages->pages[i] : page;
    }
    ladle_page_free(pages, page);
    page->entries = ladle_alloc(pages->allocator, capacity, sizeof *page->entries);
    if (!page->entries) {
        return NULL;
    }
    page->used = ++pages->uses;
    page->capacity = capacity;
    page->segment_offset = segment_offset;
    page->first_record = first_record;
    page->record_count = first_record;
    page->stride = 1;
    return page;
}

void ladle_page_put(struct ladle_page *page, uint64_t offset, uint64_t record_count)
{
    if (page->seen++ % page->stride == 0) {
        if (page->count == page->capacity) {
            for (uint32_t i = 0; i < page->count / 2; i++) {
                page->entries[i] = page->entries[2 * (size_t)i];
            }
            page->count /= 2;
            page->stride *= 2;
        }
        page->entries[page->count++] =
            (struct ladle_page_entry){.first_record = page->record_count, .offset = offset};
    }
    page->record_count += record_count;
}

const struct ladle_page_entry *ladle_page_get(const struct ladle_page *page, uint64_t record)
{
    uint32_t low = 0;
    uint32_t high = page->count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (page->entries[middle].first_record <= record) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return &page->entries[low];
}
