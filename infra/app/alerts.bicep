// What somebody must hear of. The events are those that the app logs; a test holds them together.
// What to do about each: docs/operations.md.

param location string
param tags object
param workspaceId string
param email string

var alerts = [
  {
    name: 'dead-letters'
    text: 'A team was given up on after five failures that nobody foresaw. See the page Activity.'
    severity: 1
    every: 'PT15M'
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: '''
AppTraces
| where Message startswith '{'
| where tostring(parse_json(Message).event) == 'dead letter'
'''
  }
  {
    name: 'poison-messages'
    text: 'The queue gave up on a message: storage could not be reached for a while.'
    severity: 2
    every: 'PT15M'
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: '''
AppTraces
| where Message startswith 'message ' and Message has 'failed five times'
'''
  }
  {
    name: 'failing-functions'
    text: 'Functions of the app fail. A request that the app refuses is none of these.'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    operator: 'GreaterThan'
    threshold: 5
    query: '''
AppRequests
| where Success == false and toint(ResultCode) !between (400 .. 499)
'''
  }
  {
    name: 'webhook-off'
    text: 'Webex turned the webhook off. Teams are found by events, some seconds later; it is turned on again by itself. If it repeats, Webex does not reach the app.'
    severity: 3
    every: 'PT1H'
    window: 'PT1H'
    operator: 'GreaterThan'
    threshold: 0
    query: '''
AppTraces
| where Message startswith '{'
| where tostring(parse_json(Message).event) == 'webhook off'
'''
  }
  {
    name: 'consent-lost'
    text: 'Microsoft 365 gives the app no token, or one without a permission. Nothing is synchronized until an administrator presses Authorize again.'
    severity: 1
    every: 'PT15M'
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: '''
AppTraces
| where Message startswith '{'
| extend line = parse_json(Message)
| where tostring(line.event) in ('changes cannot be read', 'a person is needed')
| where tostring(line.code) in ('consent_missing', 'permission_missing')
'''
  }
  {
    name: 'sign-in-lost'
    text: 'A sign-in at Webex works no longer. The page Sign-ins says which.'
    severity: 1
    every: 'PT15M'
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: '''
AppTraces
| where Message startswith '{'
| extend line = parse_json(Message)
| where tostring(line.event) in ('events cannot be read', 'a person is needed')
| where tostring(line.code) == 'credential_missing'
'''
  }
  {
    name: 'archive-late'
    text: 'The audit could not be written to its archive for hours. Nothing is lost: it is tried every hour.'
    severity: 2
    every: 'PT1H'
    window: 'PT6H'
    operator: 'GreaterThan'
    threshold: 3
    query: '''
AppTraces
| where Message startswith '{'
| where tostring(parse_json(Message).event) == 'archive failed'
'''
  }
  {
    name: 'audit-failed'
    text: 'The audit of the directory ended without a result. The page of the audit says why and what to do.'
    severity: 2
    every: 'PT1H'
    window: 'PT1H'
    operator: 'GreaterThan'
    threshold: 0
    query: '''
AppTraces
| where Message startswith '{'
| where tostring(parse_json(Message).event) == 'directory audit failed'
'''
  }
  {
    name: 'queue-age'
    text: 'Nudges wait longer than ten minutes before a worker takes them.'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    operator: 'GreaterThan'
    threshold: 5
    query: '''
AppTraces
| where Message startswith 'Trigger Details' and Message has 'DequeueCount'
| where toint(extract('DequeueCount: ([0-9]+)', 1, Message)) == 1
| extend inserted = todatetime(extract('Insert[a-zA-Z]+: ([^,]+)', 1, Message))
| where datetime_diff('second', TimeGenerated, inserted) > 600
'''
  }
  {
    name: 'backlog'
    text: 'Teams have been due for more than a quarter of an hour: more is to be done than the app or a provider\'s quota allows, or the providers do not answer.'
    severity: 3
    every: 'PT15M'
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 5
    query: '''
AppTraces
| where Message startswith '{'
| extend line = parse_json(Message)
| where tostring(line.event) == 'watched' and tolong(line.oldest) > 900000
'''
  }
  {
    name: 'silence'
    text: 'The timer watch has not run for half an hour: the app does not run at all, or its logs do not arrive.'
    severity: 1
    every: 'PT15M'
    window: 'PT30M'
    operator: 'LessThan'
    threshold: 1
    query: '''
AppRequests
| where OperationName == 'watch' and Success == true
'''
  }
]

resource recipients 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'administrators'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'webex-m365'
    emailReceivers: [
      {
        name: 'administrators'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for alert in alerts: {
  name: alert.name
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Webex teams and Microsoft 365 groups: ${alert.name}'
    description: alert.text
    severity: alert.severity
    enabled: true
    scopes: [
      workspaceId
    ]
    evaluationFrequency: alert.every
    windowSize: alert.window
    autoMitigate: true
    // The tables appear with the first log line: until then the query knows no table.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: alert.query
          timeAggregation: 'Count'
          operator: alert.operator
          threshold: alert.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: empty(email) ? [] : [
        recipients.id
      ]
    }
  }
}]
