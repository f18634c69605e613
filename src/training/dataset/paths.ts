import { glob, stat } from 'node:fs/promises'
import { isUrl } from './byte-stream.ts'
import { datasetError } from './fail.ts'

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false
  )
}

async function expand(pattern: string): Promise<readonly string[]> {
  if (isUrl(pattern) || !/[*?{[]/.test(pattern) || (await exists(pattern))) return [pattern]
  const found: string[] = []
  for await (const path of glob(pattern)) found.push(path)
  if (found.length === 0) throw datasetError({ path: pattern }, 'no file is named so')
  return found.sort()
}

/**
 * Files and URLs as given, and patterns such as `runs/*.parquet` as the files that they match, in order of name.
 * @throws ERR_DATASET for a pattern that no file matches
 */
export async function expandPaths(patterns: readonly string[]): Promise<readonly string[]> {
  return (await Promise.all(patterns.map(expand))).flat()
}
