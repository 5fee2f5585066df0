from conda_provenance import read_claim

claim = read_claim("hello-1.0-0.conda")
print(claim.sha, claim.remote_url, claim.flow_run_id, [each.code for each in claim.problems])
