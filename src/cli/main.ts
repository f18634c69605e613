#!/usr/bin/env node
import { exitStatusOf, report } from './exit.ts'
import { peerbanditProgram } from './program.ts'

try {
  await peerbanditProgram().parseAsync()
} catch (error) {
  report(error)
  process.exitCode = exitStatusOf(error)
}
