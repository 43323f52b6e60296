// A host name of the customer's, with a certificate that Azure makes and renews.
// DNS must be there first: CNAME to the app's own host name, TXT asuid.<host> with
// APP_DOMAIN_VERIFICATION_ID. See docs/deployment.md.

param appName string
param planId string
param hostName string
param location string
param tags object

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

resource binding 'Microsoft.Web/sites/hostNameBindings@2025-03-01' = {
  parent: app
  name: hostName
  properties: {
    siteName: appName
    hostNameType: 'Verified'
    customHostNameDnsRecordType: 'CName'
  }
}

resource certificate 'Microsoft.Web/certificates@2025-03-01' = {
  name: 'cert-${hostName}'
  location: location
  tags: tags
  properties: {
    canonicalName: hostName
    serverFarmId: planId
  }
  dependsOn: [binding]
}

// A binding is needed to get the certificate, and the certificate to complete the binding.
module complete 'domain-tls.bicep' = {
  name: 'domain-tls'
  params: {
    appName: appName
    hostName: hostName
    thumbprint: certificate.properties.thumbprint
  }
}
