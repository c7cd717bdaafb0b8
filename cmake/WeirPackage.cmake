# What `./weir package` puts into Debian packages, one a service: weir-relay, weir-admin (with the console)
# and weir-usage. Their dependencies are what dpkg-shlibdeps finds.
set(WEIR_DEPLOY ${CMAKE_SOURCE_DIR}/deploy)

foreach(service relay admin usage)
  set(component weir-${service})
  install(TARGETS ${component} RUNTIME DESTINATION bin COMPONENT ${component})
  install(
    FILES ${WEIR_DEPLOY}/systemd/${component}.service
    DESTINATION /lib/systemd/system
    COMPONENT ${component}
  )
  # Settings of the operator: a package never overwrites what was changed.
  # They may hold a password, and are read by root alone, for systemd.
  install(
    FILES ${WEIR_DEPLOY}/systemd/${service}.env
    DESTINATION /etc/weir
    PERMISSIONS OWNER_READ OWNER_WRITE
    COMPONENT ${component}
  )
  install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION share/doc/${component} RENAME copyright COMPONENT ${component})
  install(FILES ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION share/doc/${component} COMPONENT ${component})
endforeach()
install(FILES services/admin/data/prices.csv DESTINATION share/weir COMPONENT weir-admin)
install(DIRECTORY web/dist/ DESTINATION share/weir/console COMPONENT weir-admin OPTIONAL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_VENDOR "The Weir authors")
set(CPACK_PACKAGE_CONTACT "The Weir authors <weir@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR OFF)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL weir-relay weir-admin weir-usage)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates, tzdata")

set(about_relay "proxies and streams model traffic, picks the account, holds the limits, meters")
set(about_admin "users, keys, accounts, prices, the REST API and the console")
set(about_usage "the ledger: usage events, reports, budgets")
foreach(service relay admin usage)
  string(TOUPPER WEIR-${service} component)
  set(CPACK_DEBIAN_${component}_PACKAGE_NAME weir-${service})
  set(CPACK_COMPONENT_${component}_DESCRIPTION "Weir, a gateway for language models: ${service}\n ${about_${service}}.")
  configure_file(${WEIR_DEPLOY}/systemd/postinst.in ${CMAKE_BINARY_DIR}/package/${service}/postinst @ONLY)
  configure_file(${WEIR_DEPLOY}/systemd/prerm.in ${CMAKE_BINARY_DIR}/package/${service}/prerm @ONLY)
  configure_file(${WEIR_DEPLOY}/systemd/postrm.in ${CMAKE_BINARY_DIR}/package/${service}/postrm @ONLY)
  file(WRITE ${CMAKE_BINARY_DIR}/package/${service}/conffiles "/etc/weir/${service}.env\n")
  set(
    CPACK_DEBIAN_${component}_PACKAGE_CONTROL_EXTRA
    ${CMAKE_BINARY_DIR}/package/${service}/postinst
    ${CMAKE_BINARY_DIR}/package/${service}/prerm
    ${CMAKE_BINARY_DIR}/package/${service}/postrm
    ${CMAKE_BINARY_DIR}/package/${service}/conffiles
  )
endforeach()
include(CPack)
