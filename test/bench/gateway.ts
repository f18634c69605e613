// npm run bench:gateway: what gateways add to going direct.
import { exitStatusOf, report, untilStopped } from '../../src/cli/exit.ts'
import { runGatewayBench } from './gateway/bench.ts'
import { gatewayBenchOptions } from './gateway/options.ts'
import { reportOf } from './gateway/report.ts'

const stopped = untilStopped()
try {
  const options = gatewayBenchOptions(process.argv.slice(2))
  const results = await runGatewayBench(options, stopped.signal)
  process.stdout.write(options.json ? `${JSON.stringify(results, undefined, 2)}\n` : `\n${reportOf(results)}\n`)
  // Figures of a contestant that fails are not to be believed.
  if (results.contestants.some(({ figures }) => Object.keys(figures.failures).length > 0)) process.exitCode = 1
} catch (error) {
  report(error)
  process.exitCode = exitStatusOf(error)
} finally {
  stopped.release()
}
