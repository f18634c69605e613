import { buildPrograms } from './build.ts'

/** Before all tests, so that they do not build side by side. */
export async function setup(): Promise<void> {
  await buildPrograms()
}
