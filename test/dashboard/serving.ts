import { afterEach } from 'vitest'
import { type Fed, fedSelection, serve, type Served, type ServeOptions } from './fed-selection.ts'

/** Dashboards on servers that are stopped after each test. */
export function serving() {
  const running: Served[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()))
  })

  async function served(fed: Fed = fedSelection(), options: ServeOptions = {}) {
    const one = await serve(fed, options)
    running.push(one)
    return { fed, ...one }
  }

  /** Jobs after the dashboard was made, so that it saw them. */
  async function servedWithJobs(count: number) {
    const page = await served()
    page.fed.meet()
    await page.fed.runJobs(count)
    return page
  }

  return { served, servedWithJobs }
}
