// Secrets: the master keys, the Webex integration's secret, a bot's token, a client secret if there
// is one. No template writes them: ./dev secrets does, after the first deployment.

param name string
param location string
param tags object
param private bool
param administratorAddresses array
param workspaceId string

var shut = private && empty(administratorAddresses)

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    // Without the master keys every kept sign-in is lost: nobody deletes them in a hurry.
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: shut ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: private ? 'Deny' : 'Allow'
      ipRules: [for address in administratorAddresses: {
        value: address
      }]
    }
  }
}

// Who read or wrote which secret.
resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}

output id string = vault.id
