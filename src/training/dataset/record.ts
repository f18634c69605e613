import type { Place } from './fail.ts'

/** A row as its file has it, before anything of it is believed. */
export interface DatasetRecord {
  readonly place: Place
  readonly values: Readonly<Record<string, unknown>>
  /** Of the file, that were read up to here. */
  readonly bytes: number
}

/** What a reader of one kind of file is asked for. */
export interface ReadOptions {
  readonly signal?: AbortSignal
}
