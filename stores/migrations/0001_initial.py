
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Chain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=120, verbose_name='English name')),
                ('is_demo', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Staff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(max_length=60, unique=True, verbose_name='login name')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='phone')),
                ('role', models.CharField(choices=[('admin', 'Headquarters administrator'), ('marketer', 'Marketer'), ('analyst', 'Analyst'), ('region_manager', 'Region manager'), ('dealer', 'Dealer'), ('store_manager', 'Store manager'), ('associate', 'Associate')], max_length=20, verbose_name='role')),
                ('scope', models.CharField(choices=[('chain', 'Whole chain'), ('brand', 'Brands'), ('region', 'Regions'), ('dealer', 'Dealers'), ('store', 'Stores')], default='store', max_length=8, verbose_name='scope')),
                ('language', models.CharField(choices=[('zh-hans', '简体中文'), ('en', 'English')], default='zh-hans', max_length=10, verbose_name='language')),
                ('time_zone', models.CharField(default='Asia/Shanghai', max_length=40, verbose_name='time zone')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('must_change_password', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(null=True, verbose_name='created')),
                ('left_at', models.DateTimeField(blank=True, null=True, verbose_name='left')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'ordering': ['username'],
            },
        ),
        migrations.CreateModel(
            name='Brand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=20, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=120, verbose_name='English name')),
                ('colour', models.CharField(default='#1f6f54', max_length=7, verbose_name='colour')),
                ('binding', models.CharField(choices=[('first', 'Keep the first store'), ('last', 'Follow the latest store'), ('after_days', 'Change after a number of days')], default='first', max_length=12, verbose_name='binding rule')),
                ('binding_days', models.PositiveSmallIntegerField(default=90, verbose_name='days before a new store counts')),
                ('chain', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='brands', to='stores.chain')),
            ],
        ),
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, unique=True, verbose_name='code')),
                ('kind', models.CharField(choices=[('app', 'App'), ('mall', 'Own mall'), ('mini_program', 'Mini-program'), ('marketplace', 'Marketplace'), ('store', 'Store'), ('pos', 'Till (POS)')], max_length=16, verbose_name='kind')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('brand', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='channels', to='stores.brand')),
            ],
        ),
        migrations.CreateModel(
            name='LogEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('actor_id', models.BigIntegerField(null=True)),
                ('actor_name', models.CharField(blank=True, max_length=60, verbose_name='who')),
                ('action', models.CharField(max_length=60, verbose_name='action')),
                ('object_kind', models.CharField(max_length=30, verbose_name='kind')),
                ('object_id', models.BigIntegerField(null=True)),
                ('object_label', models.CharField(blank=True, max_length=160, verbose_name='what')),
                ('store_id', models.BigIntegerField(null=True)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('address', models.GenericIPAddressField(null=True)),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['-at', '-id'], name='stores_loge_at_267afb_idx'), models.Index(fields=['object_kind', 'object_id', '-at'], name='stores_loge_object__c61db6_idx'), models.Index(fields=['actor_id', '-at'], name='stores_loge_actor_i_a66a79_idx'), models.Index(fields=['store_id', '-at'], name='stores_loge_store_i_9ce584_idx')],
            },
        ),
        migrations.CreateModel(
            name='PosterArchive',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('language', models.CharField(max_length=10)),
                ('form', models.CharField(max_length=8)),
                ('store_ids', models.JSONField(default=list)),
                ('total', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('status', models.CharField(choices=[('queued', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=8)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('file', models.CharField(blank=True, max_length=200)),
                ('error', models.TextField(blank=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Region',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=20, verbose_name='code')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=120, verbose_name='English name')),
                ('brand', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='regions', to='stores.brand')),
            ],
        ),
        migrations.CreateModel(
            name='Dealer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=20, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=120, verbose_name='English name')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dealers', to='stores.region')),
            ],
        ),
        migrations.CreateModel(
            name='Store',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32, unique=True, verbose_name='store code')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=120, verbose_name='English name')),
                ('province', models.CharField(blank=True, max_length=40, verbose_name='province')),
                ('city', models.CharField(blank=True, max_length=40, verbose_name='city')),
                ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                ('phone', models.CharField(blank=True, max_length=30, verbose_name='phone')),
                ('latitude', models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name='latitude')),
                ('longitude', models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name='longitude')),
                ('time_zone', models.CharField(default='Asia/Shanghai', max_length=40, verbose_name='time zone')),
                ('opened_on', models.DateField(blank=True, null=True, verbose_name='opened on')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='closed on')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('invited_at', models.DateTimeField(blank=True, null=True, verbose_name='manager invited')),
                ('code_printed_at', models.DateTimeField(blank=True, null=True, verbose_name='code printed')),
                ('first_scan_at', models.DateTimeField(blank=True, null=True, verbose_name='first scan')),
                ('first_join_at', models.DateTimeField(blank=True, null=True, verbose_name='first member')),
                ('brand', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stores', to='stores.brand', verbose_name='brand')),
                ('dealer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stores', to='stores.dealer', verbose_name='dealer')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stores', to='stores.region', verbose_name='region')),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('granted_at', models.DateTimeField()),
                ('brand', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stores.brand')),
                ('dealer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stores.dealer')),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grants', to=settings.AUTH_USER_MODEL)),
                ('region', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stores.region')),
                ('store', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='grants', to='stores.store')),
            ],
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prefix', models.CharField(max_length=12, unique=True)),
                ('secret_sha256', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('created_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='stores.channel')),
                ('stores', models.ManyToManyField(blank=True, related_name='+', to='stores.store')),
            ],
        ),
        migrations.CreateModel(
            name='StoreCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('store', 'Store'), ('associate', 'Associate'), ('poster', 'Poster')], max_length=10, verbose_name='kind')),
                ('label', models.CharField(blank=True, max_length=60, verbose_name='poster')),
                ('token', models.CharField(max_length=8, unique=True)),
                ('check_chars', models.CharField(max_length=6)),
                ('issued_at', models.DateTimeField(verbose_name='issued')),
                ('printed_at', models.DateTimeField(blank=True, null=True, verbose_name='printed')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked')),
                ('revoked_reason', models.CharField(blank=True, max_length=200)),
                ('associate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='codes', to=settings.AUTH_USER_MODEL, verbose_name='associate')),
                ('issued_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('replaced_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='stores.storecode')),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='codes', to='stores.store', verbose_name='store')),
            ],
        ),
        migrations.CreateModel(
            name='CodeScan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('visitor', models.CharField(max_length=32)),
                ('hour', models.DateTimeField()),
                ('at', models.DateTimeField()),
                ('joined_at', models.DateTimeField(blank=True, null=True)),
                ('code', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scans', to='stores.storecode')),
            ],
        ),
        migrations.AddIndex(
            model_name='staff',
            index=models.Index(fields=['role', 'username'], name='stores_staf_role_3fa55b_idx'),
        ),
        migrations.AddConstraint(
            model_name='region',
            constraint=models.UniqueConstraint(fields=('brand', 'code'), name='region_code_once'),
        ),
        migrations.AddIndex(
            model_name='store',
            index=models.Index(fields=['city'], name='stores_stor_city_613ee7_idx'),
        ),
        migrations.AddIndex(
            model_name='store',
            index=models.Index(fields=['region', 'code'], name='stores_stor_region__248edf_idx'),
        ),
        migrations.AddConstraint(
            model_name='store',
            constraint=models.CheckConstraint(condition=models.Q(('latitude__isnull', True), ('latitude__range', (-90, 90)), _connector='OR'), name='store_latitude_on_earth'),
        ),
        migrations.AddConstraint(
            model_name='store',
            constraint=models.CheckConstraint(condition=models.Q(('longitude__isnull', True), ('longitude__range', (-180, 180)), _connector='OR'), name='store_longitude_on_earth'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.UniqueConstraint(fields=('staff', 'brand', 'region', 'dealer', 'store'), name='grant_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('brand__isnull', False), ('dealer', None), ('region', None), ('store', None)), models.Q(('brand', None), ('dealer', None), ('region__isnull', False), ('store', None)), models.Q(('brand', None), ('dealer__isnull', False), ('region', None), ('store', None)), models.Q(('brand', None), ('dealer', None), ('region', None), ('store__isnull', False)), _connector='OR'), name='grant_names_one_node'),
        ),
        migrations.AddConstraint(
            model_name='storecode',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'store'), ('revoked_at', None)), fields=('store',), name='one_live_store_code'),
        ),
        migrations.AddConstraint(
            model_name='storecode',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'associate'), ('revoked_at', None)), fields=('store', 'associate'), name='one_live_associate_code'),
        ),
        migrations.AddConstraint(
            model_name='storecode',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'poster'), ('revoked_at', None)), fields=('store', 'label'), name='one_live_poster_code'),
        ),
        migrations.AddIndex(
            model_name='codescan',
            index=models.Index(fields=['code', '-at'], name='stores_code_code_id_0f136f_idx'),
        ),
        migrations.AddConstraint(
            model_name='codescan',
            constraint=models.UniqueConstraint(fields=('code', 'visitor', 'hour'), name='scan_once_per_visitor_hour'),
        ),
    ]
