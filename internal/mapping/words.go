package mapping

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// wordsOf cuts a field's name into its words, in lower case and without accents:
// mailAddress, mail_address and "Mail address" are mail and address.
func wordsOf(name string) []string {
	var out []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			out = append(out, strings.ToLower(word.String()))
			word.Reset()
		}
	}
	small := false
	for _, r := range norm.NFD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			end()
			small = false
		default:
			if unicode.IsUpper(r) && small {
				end()
			}
			small = unicode.IsLower(r) || unicode.IsDigit(r)
			word.WriteRune(r)
		}
	}
	end()
	return out
}

// meaning is a set of words by which fields of one kind are called, in the languages
// that exports are written in.
type meaning []string

func meant(words string) meaning { return strings.Fields(words) }

// in tells whether one of the words of a name has this meaning.
func (m meaning) in(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(m, w) })
}

// What fields are called.
var (
	wordsMail     = meant("mail email emails mails courriel correo adresse address addresses")
	wordsVerified = meant(
		"verified verify verification confirmed confirm confirmation validated verifiziert bestatigt bestaetigt verifie valide confirme verificado confirmado geverifieerd verificato",
	)
	wordsPhone = meant(
		"phone phones tel telephone telefon telefono telefone mobile mobil movil cell cellphone handy msisdn celular sms portable",
	)
	wordsGiven  = meant("given givenname first firstname fore forename fname vor vorname prenom nombre voornaam")
	wordsFamily = meant(
		"family familyname last lastname surname sur sn lname nach nachname familienname nom apellido apellidos cognome sobrenome achternaam",
	)
	wordsFull    = meant("full fullname display displayname shown real realname name cn anzeigename")
	wordsNotName = meant(
		"login seen active at on date time ip update updated modified user company org organization organisation tenant file host domain team role key class type plan",
	)
	wordsOther = meant(
		"recovery backup alternate secondary manager invited inviter created updated by parent billing support notify notification old previous former referrer",
	)
	wordsID     = meant("id ids uid uuid guid ref reference key no nr number nummer numero pk sub subject code oid identifier")
	wordsRef    = meant("slug handle domain external")
	wordsName   = meant("name label title display displayname")
	wordsSalt   = meant("salt salz sel sal")
	wordsMethod = meant("algo algorithm algorithmus verfahren methode method hasher scheme encryption type encoding format kind")
	wordsRounds = meant("iterations iteration iter rounds round cost factor")
	wordsRoles  = meant("role roles group groups rolle rollen rol grant grants authority authorities gruppe gruppen groupe groupes")
	wordsRights = meant(
		"permission permissions scope scopes privilege privileges right rights entitlement entitlements berechtigung berechtigungen",
	)
	wordsOrg = meant(
		"org orgs organization organizations organisation organisations tenant tenants workspace workspaces team teams mandant mandanten",
	)
	wordsCompany = meant("company companies firma entreprise empresa customer account")
	wordsStopped = meant(
		"suspended blocked locked banned disabled inactive deactivated gesperrt deaktiviert bloque desactive bloqueado desactivado sospeso bloccato",
	)
	wordsWorking  = meant("active enabled aktiv actif activo attivo activated")
	wordsState    = meant("status state zustand statut estado stato")
	wordsGone     = meant("deleted removed geloscht geloescht supprime eliminado")
	wordsPassword = meant("password passwd passwort kennwort pwd pass")
	wordsHashed   = meant("hash hashed digest crypt crypted encrypted krypt krypted verschlusselt chiffre cifrado")
	wordsRenew    = meant("reset change must expired force require required")
	wordsPicture  = meant("picture avatar photo image bild foto portrait")
	wordsCreated  = meant(
		"created creation create joined registered registration signup since angelegt erstellt registriert inscrit cree alta creado registrado",
	)
	wordsSecret = meant(
		"token tokens secret secrets otp totp hotp apikey pin salt hash digest answer seed recovery backup credential credentials cookie nonce signature",
	)
	wordsLinks    = meant("identity identities provider providers social socials oauth connection connections login logins idp")
	wordsUsername = meant("username login handle nickname nick screenname benutzername usuario utilisateur identifiant")
	wordsCountry  = meant("country land pays pais region")
	wordsKindOf   = meant("type kind channel medium label")
	wordsPrimary  = meant("primary main default principal haupt")
	wordsPeople   = meant(
		"users user people persons members accounts customers contacts subscribers humans benutzer kunden usuarios utilisateurs",
	)
)
