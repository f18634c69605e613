// A process that generates load: does one job after another, as its parent says, and ends with it.
import { systemClock } from '../../../src/core/clock.ts'
import { type LoadJob, runLoad } from './load.ts'

process.once('disconnect', () => process.exit())
process.on('message', (job: LoadJob) => {
  void runLoad(job, systemClock).then((result) => process.send?.(result))
})
