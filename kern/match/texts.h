/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts of an operation: the arguments and the environment of an execution, the target of a symbolic link. One automaton
 * knows all patterns of all rules (docs/design/016); a walk over the texts sets a bit for each output, and conditions look
 * at the bits. Every index is masked: whatever a table holds, it is only wrong.
 *
 * What must wait for memory, reading arguments, runs in a hook of its own before the one that judges. What it found is in a
 * text_result until then; the policy may be switched in between, so the tables of both halves are walked while there are two.
 */
#pragma once

static struct text_result text_results[TEXT_RESULTS];

#define TEXT_RESULT(number_) (&text_results[(number_) & (TEXT_RESULTS - 1)])
#define TEXT_STALE_NS 60000000000ull /* whoever claimed it is gone: nothing in between waits for anything */

static __always_inline int text_claim_one(u32 number_, u64 now)
{
	struct text_result *result = TEXT_RESULT(number_);
	u64 since = result->since_ns;

	if (since && now - since < TEXT_STALE_NS)
		return 0;
	return __sync_val_compare_and_swap(&result->since_ns, since, now) == since;
}

/* Returns its number, TEXT_RESULTS if there is none free. */
static __noinline u32 text_claim(void)
{
	u64 now = bpf_ktime_get_boot_ns();
	u32 first = bpf_get_smp_processor_id();

	for (u32 k = 0; k < TEXT_RESULTS; k++) {
		u32 number_ = (first + k) & (TEXT_RESULTS - 1);

		if (text_claim_one(number_, now))
			return number_;
	}
	count(QUELL_COUNTER_TEXTS_MISSED);
	return TEXT_RESULTS;
}

static __always_inline void texts_release(u32 texts)
{
	struct text_result *result = TEXT_RESULT((texts & TEXTS_RESULT) - 1);

	result->owner = 0;
	*(volatile u64 *)&result->since_ns = 0;
}

/* What was read at the hook before for this thread, as operation.texts has it; 0: nothing. */
static __noinline u32 texts_of_current(void)
{
	u64 owner = bpf_get_current_pid_tgid();

	for (u32 i = 0; i < TEXT_RESULTS; i++)
		if (text_results[i].owner == owner)
			return i + 1;
	return 0;
}

static __noinline int texts_release_current(void)
{
	u32 texts = texts_of_current();

	if (texts)
		texts_release(texts);
	return 0;
}

/* Of an execution that is done, as operation.texts has it. */
static __noinline u32 texts_executed(void)
{
	u32 result = texts_of_current();

	if (!result)
		return TEXTS_NOT_NOW;
	return TEXT_RESULT(result - 1)->begins ? result : result | TEXTS_NOT_PLAIN;
}

/* Is there anything to judge when it is done? A container's first process, which begins it, is asked for by all rules. */
static __noinline u32 texts_wanted(u64 begun)
{
	u32 result = quell.texts & QUELL_TEXTS_EXEC ? texts_of_current() : 0;

	if (result)
		TEXT_RESULT(result - 1)->begins = begun != 0;
	return begun || result;
}

static __always_inline struct text_result *result_of(struct work *work)
{
	return TEXT_RESULT((work->op.texts & TEXTS_RESULT) - 1);
}

/* Was it this policy's table that was walked? Else what it says is another's. */
static __always_inline void texts_settle(struct work *work)
{
	if (!(work->op.texts & TEXTS_RESULT) || result_of(work)->generation[work->half != 0] == (u32)quell.generation)
		return;
	count(QUELL_COUNTER_TEXTS_MISSED);
	work->op.texts |= TEXTS_NOT_NOW;
}

/* Puts into operation.texts what is known by now. */
__noinline int texts_ask(u32 slot)
{
	struct work *work = WORK(slot);

	if (work->op.texts == TEXTS_ASK)
		work->op.texts = texts_executed();
	texts_settle(work);
	return 0;
}

static __always_inline int text_holds(struct work *work, u32 output)
{
	if (!(work->op.texts & TEXTS_RESULT))
		return 0;
	return result_of(work)->outputs[work->half != 0][output / 64 % (QUELL_TEXT_OUTPUTS / 64)] >> (output & 63) & 1;
}

/* --- the walk, in the programs that are loaded when a policy asks for texts */

#define TEXT_WORD(table, at) ((table)->words[(at) & (QUELL_TEXT_WORDS - 1)])

/* Of a half, 0 or 1. */
static __always_inline struct quell_text_table *text_table_of(u32 half)
{
	void *map = bpf_map_lookup_elem(&text_tables, &half);

	return map ? bpf_map_lookup_elem(map, &map_numbers[0]) : 0;
}

static __always_inline void text_output(struct pattern_walk *w, u32 output, u32 places)
{
	if (places >> (w->place & 31) & 1)
		TEXT_RESULT(w->number)->outputs[w->half & 1][output / 64 % (QUELL_TEXT_OUTPUTS / 64)] |= 1ull << (output & 63);
}

/* A part of a pattern with a star inside: it counts from where the part before ended, and its first occurrence is enough. */
static __always_inline void text_step(struct pattern_walk *w, u32 index)
{
	struct quell_text_table *table = w->table;
	u64 *reached = w->work->reached[w->half & 1];
	u32 at = table->head.steps + index * 4;
	u32 parent = TEXT_WORD(table, at), places = TEXT_WORD(table, at + 3);

	if (parent) {
		u64 before = reached[parent & (QUELL_TEXT_STEPS - 1)];

		if (before >> 16 != w->argument || w->offset < (before & 0xffff) + TEXT_WORD(table, at + 1))
			return;
	}
	if (places)
		text_output(w, TEXT_WORD(table, at + 2), places);
	else if (reached[index & (QUELL_TEXT_STEPS - 1)] >> 16 != w->argument)
		reached[index & (QUELL_TEXT_STEPS - 1)] = w->argument << 16 | (w->offset & 0xffff);
}

static long text_hit(u32 i, struct pattern_walk *w)
{
	u32 hit = TEXT_WORD(w->table, w->table->head.hits + w->list + i);

	if (hit >> 31)
		text_step(w, hit & 0x7fffffff);
	else
		text_output(w, hit & 0xffff, hit >> 16);
	return 0;
}

static __always_inline void text_report(struct pattern_walk *w, u32 end)
{
	struct quell_text_table *table = w->table;
	u32 list;

	if (w->state >= table->head.hitting)
		return;
	list = TEXT_WORD(table, table->head.lists + w->state * 2 + end);
	if (!list)
		return;
	if ((list & 255) > w->hits_left) {
		TEXT_RESULT(w->number)->cut = 1;
		w->over = 1;
		return;
	}
	w->hits_left -= list & 255;
	w->list = list >> 8;
	bpf_loop(list & 255, text_hit, w, 0);
}

/* The arguments end at the byte of that index: what was kept for the event does, too. */
static __always_inline void text_arguments_end(struct pattern_walk *w, u32 i)
{
	struct text_result *result = TEXT_RESULT(w->number);

	if (!w->chunks && i < result->args_size)
		result->args_size = i + 1;
}

static __always_inline void text_next(struct pattern_walk *w, u32 i)
{
	w->state = w->table->head.start;
	w->argument++;
	w->origin = w->base + i + 1;
	w->behind = 0;
	if (w->place < QUELL_PLACE_LATER)
		w->place++;
	if (--w->left)
		return;
	if (w->place <= QUELL_PLACE_LATER)
		text_arguments_end(w, i);
	if (w->place > QUELL_PLACE_LATER || !w->variables || !(w->table->head.places >> QUELL_PLACE_ENVIRONMENT & 1)) {
		w->over = 1;
		return;
	}
	w->place = QUELL_PLACE_ENVIRONMENT;
	w->left = w->variables;
}

static long text_byte(u32 i, struct pattern_walk *w)
{
	struct quell_text_table *table = w->table;
	u32 byte = w->work->buffer[i & (TEXT_CHUNK - 1)], class_, word, cell;

	if (byte && (byte != '=' || w->place != QUELL_PLACE_ENVIRONMENT)) {
		if (w->behind)
			return 0;
		class_ = table->head.classes[byte & 255];
		word = TEXT_WORD(table, table->head.states + w->state);
		cell = TEXT_WORD(table, table->head.cells + (word >> 12) + class_);
		word = (cell & 255) == class_ ? cell >> 8 :
						TEXT_WORD(table, table->head.rows + ((word & 4095) << (table->head.row_shift & 15)) + class_);
		w->state = word;
		if (word >= table->head.hitting) /* most bytes */
			return 0;
		w->offset = w->base + i + 1 - w->origin;
		text_report(w, 0);
		return w->over & 1;
	}
	if (!w->behind) {
		w->offset = w->base + i - w->origin;
		text_report(w, 1);
	}
	w->behind = 1;
	if (!byte)
		text_next(w, i);
	return w->over & 1;
}

/* `size` bytes of work->buffer, by the table of one half. Returns whether its end was met. */
__noinline u32 text_chunk(u32 number_, u32 half, u32 size)
{
	struct quell_text_table *table = text_table_of(half);
	struct text_work *work = bpf_map_lookup_elem(&text_work, &number_);
	struct pattern_walk w;

	if (!table || !work)
		return 1;
	w = work->walks[half & 1];
	if (w.over)
		return 1;
	w.table = table;
	w.work = work;
	w.base = w.chunks * TEXT_CHUNK;
	bpf_loop(size, text_byte, &w, 0);
	/* what is no pointer goes back */
	work->walks[half & 1].argument = w.argument;
	work->walks[half & 1].state = w.state;
	work->walks[half & 1].origin = w.origin;
	work->walks[half & 1].place = w.place;
	work->walks[half & 1].left = w.left;
	work->walks[half & 1].hits_left = w.hits_left;
	work->walks[half & 1].behind = w.behind;
	work->walks[half & 1].over = w.over;
	work->walks[half & 1].chunks = w.chunks + 1;
	return w.over;
}

#define OUTPUTS_PART 32 /* words that the compiler clears without a call */

static __always_inline void outputs_clear(u64 *outputs)
{
	for (u32 part = 0; part < QUELL_TEXT_OUTPUTS / 64; part += OUTPUTS_PART) {
		u64 *words = outputs + part;

		asm volatile("" : "+r"(words)); /* or the parts become one again */
		__builtin_memset(words, 0, OUTPUTS_PART * sizeof(u64));
	}
}

/* Before the first byte of `texts` texts at a place. */
static __always_inline void text_begin_half(u32 number_, u32 half, u32 place, u32 texts, u32 variables)
{
	struct quell_text_table *table = text_table_of(half);
	struct text_work *work = bpf_map_lookup_elem(&text_work, &number_);
	struct text_result *result = TEXT_RESULT(number_);
	struct pattern_walk *w;
	u32 places;

	if (!table || !work)
		return;
	result->generation[half & 1] = table->head.generation;
	places = place ? 1u << (place & 31) : (2u << QUELL_PLACE_ENVIRONMENT) - 1;
	w = &work->walks[half & 1];
	w->half = half;
	w->number = number_;
	w->state = table->head.start;
	w->argument++;
	w->origin = w->behind = 0;
	w->place = place;
	w->left = texts;
	w->variables = variables;
	w->hits_left = QUELL_TEXT_HITS;
	w->chunks = 0;
	w->over = !table->head.generation || !texts || !(table->head.places & places);
	if (table->head.generation)
		outputs_clear(result->outputs[half & 1]);
}

__noinline int text_begin(u32 number_, u32 place, u32 texts, u32 variables)
{
	struct text_result *result = TEXT_RESULT(number_);

	result->cut = 0;
	result->args_size = 0;
	text_begin_half(number_, 0, place, texts, variables);
	text_begin_half(number_, 1, place, texts, variables);
	return 0;
}
