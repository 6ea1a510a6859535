// Validates and executes state machine definitions for the tests, as Step Functions would.
//
// It prints the address that it listens on, and ends with its standard input. What is posted to it is one JSON object:
// the definition, the execution's input and context object, the address that answers for the Lambda function, and the
// wait between retries in ms. It answers with one: what the validator says, how the execution ended, and which tasks
// were invoked.
import aslValidator from 'asl-validator'
import { StateMachine } from 'aws-local-stepfunctions'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

Promise.withResolvers ??= function () { // the interpreter uses it, and Node 20 has none
  const r = {}
  r.promise = new this((resolve, reject) => Object.assign(r, { resolve, reject }))
  return r
}

async function execute({ definition, input, context, invoke, retryInterval }, over) {
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
      const answer = await fetch(invoke, { method: 'POST', body: JSON.stringify(payload), signal: over })
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
  return outcome
}

const server = createServer(async (request, response) => {
  const over = new AbortController() // a task that timed out is not waited for
  response.on('close', () => over.abort())
  try {
    response.end(JSON.stringify(await execute(await json(request), over.signal)))
  } catch (error) {
    response.writeHead(500).end(error.stack)
  }
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.on('unhandledRejection', () => {}) // of a task that was not waited for
process.stdin.on('end', () => process.exit(0)).resume()
