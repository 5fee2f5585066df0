from conda_provenance import Provenance, stamp_package

provenance = Provenance(remote_url="https://github.com/example/hello", flow_run_id="farm_1234")
stamp_package("hello-1.0-0.conda", provenance.to_extra())
