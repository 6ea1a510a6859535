// Validates and executes a state machine definition for the tests, as Step Functions would.
//
// It reads one JSON object from standard input: the definition, the execution's input and context object, the
// address that answers for the Lambda function, and the wait between retries in ms. It writes one to standard output:
// what the validator says, how the execution ended, and which tasks were invoked.
import aslValidator from 'asl-validator'
import { StateMachine } from 'aws-local-stepfunctions'
import { readFileSync } from 'node:fs'

Promise.withResolvers ??= function () { // the interpreter uses it, and Node 20 has none
  const r = {}
  r.promise = new this((resolve, reject) => Object.assign(r, { resolve, reject }))
  return r
}

const { definition, input, context, invoke, retryInterval } = JSON.parse(readFileSync(0, 'utf8'))
const validation = aslValidator(structuredClone(definition), { checkPaths: true, checkArn: true })
const outcome = { valid: validation.isValid, problems: validation.isValid ? '' : validation.errorsText(), invoked: [] }

// The interpreter keeps no $$.State. Parameters are evaluated once before every try, so that is where it is set.
context.State = {}
const handlers = {}
const intervals = {}
for (const [name, state] of Object.entries(definition.States)) {
  if (state.Type !== 'Task') continue
  const parameters = state.Parameters
  let tries = 0
  Object.defineProperty(state, 'Parameters', {
    enumerable: true,
    get() {
      Object.assign(context.State, { Name: name, RetryCount: tries })
      return parameters
    },
  })
  intervals[name] = retryInterval
  handlers[name] = async (payload) => {
    tries++
    outcome.invoked.push(name)
    const answer = await fetch(invoke, { method: 'POST', body: JSON.stringify(payload) })
    const body = await answer.text()
    if (answer.ok) return JSON.parse(body)
    const error = new Error(body) // the Cause is the function's error as JSON, as on AWS
    error.name = JSON.parse(body).errorType
    throw error
  }
}

try {
  const machine = new StateMachine(definition)
  const execution = machine.run(input, { context, overrides: { taskResourceLocalHandlers: handlers, retryIntervalOverrides: intervals } })
  outcome.output = await execution.result
  outcome.status = 'SUCCEEDED'
} catch (failed) {
  const error = failed.cause ?? failed
  Object.assign(outcome, { status: 'FAILED', error: error.name, cause: error.message })
}
process.stdout.write(JSON.stringify(outcome), () => process.exit(0)) // a task that timed out is not waited for
